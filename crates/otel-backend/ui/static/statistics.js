import { ERROR } from './columns.js';
import { el } from './dom.js';
import { formatCount, formatDuration, formatShare } from './format.js';
import { cssColour } from './palette.js';
import { SortableTable } from './sortable-table.js';
import { percentile } from './percentile.js';
import { mark } from './span-table.js';
import { operationOf, serviceOf } from './span-text.js';

/** Shows how the spans of each service, or of each operation of a service, spent their time. */
export class Statistics {
  #trace;
  #table;
  #rows;
  #byKey = new Map();
  #groups = [];

  /** Calls `pick(service, operation)` for a row; `operation` is `null` for a whole service. */
  constructor(trace, pick) {
    this.#trace = trace;
    this.byService = el('input', { type: 'checkbox' });
    this.byService.addEventListener('change', () => this.set(this.#rows));
    const duration = (title, name) => ({ title, width: '90px', numeric: true, text: (group) => formatDuration(group[name]), by: (group) => group[name] });
    this.#table = new SortableTable({
      label: 'Statistics',
      sorted: 4,
      pick: ({ service, operation }) => pick(service, this.byService.checked ? null : operation),
      matched: ({ isMatched }) => isMatched,
      columns: [
        { title: 'Service', width: 'minmax(90px, 1fr)', text: ({ service }) => service, by: ({ service }) => service, cell: (cell, { colour }) => mark(cell, cssColour(colour)) },
        { title: 'Operation', width: 'minmax(110px, 2fr)', text: ({ operation }) => operation.slice(0, 300), by: ({ operation }) => operation },
        { title: 'Spans', width: '72px', numeric: true, text: ({ count }) => formatCount(count), by: ({ count }) => count },
        { title: 'Errors', width: '66px', numeric: true, text: ({ errors }) => (errors ? formatCount(errors) : ''), by: ({ errors }) => errors, cell: (cell) => cell.classList.add('failed') },
        duration('Self time', 'self'),
        { title: 'Share', width: '72px', numeric: true, text: ({ share }) => formatShare(share), by: ({ share }) => share },
        duration('Total', 'total'), duration('Avg', 'mean'), duration('p50', 'p50'), duration('p95', 'p95'), duration('Max', 'longest'),
      ],
    });
    this.node = el('div.pane', {},
      el('label.option', {}, this.byService, ' Group by service'),
      this.#table.node);
  }

  /** Summarises these rows of the trace. */
  set(rows) {
    this.#rows = rows;
    const groups = new Map();
    for (const row of rows) this.#add(groups, row);
    const whole = [...groups.values()].reduce((sum, { self }) => sum + self, 0);
    this.#byKey = new Map([...groups].map(([key, group]) => [key, finished(group, whole)]));
    this.#groups = [...this.#byKey.values()];
    this.#table.set(this.#groups);
  }

  /** Marks the groups with matches. */
  mark(matches) {
    for (const group of this.#groups) group.isMatched = false;
    for (const row of matches) {
      const group = this.#byKey.get(this.#keyOf(row));
      if (group) group.isMatched = true;
    }
    this.#table.redraw();
  }

  destroy() {
    this.#table.destroy();
  }

  #keyOf(row) {
    const { service, operation } = this.#trace;
    return service[row] * 0x100000 + (this.byService.checked ? -1 : operation[row]);
  }

  #add(groups, row) {
    const trace = this.#trace;
    const service = trace.service[row];
    const key = this.#keyOf(row);
    let group = groups.get(key);
    if (!group) {
      group = {
        row, service: serviceOf(trace, row), operation: this.byService.checked ? '' : operationOf(trace, row),
        colour: trace.colours[service], errors: 0, self: 0, durations: [],
      };
      groups.set(key, group);
    }
    group.durations.push(trace.duration[row]);
    group.self += trace.self[row];
    if (trace.flags[row] & ERROR) group.errors++;
  }
}

function finished({ durations, ...group }, whole) {
  const sorted = Float64Array.from(durations).sort();
  const total = sorted.reduce((sum, duration) => sum + duration, 0);
  return {
    ...group,
    count: sorted.length,
    share: whole ? group.self / whole : 0,
    total,
    mean: total / sorted.length,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    longest: sorted[sorted.length - 1],
  };
}
