import { ERROR } from './columns.js';
import { el } from './dom.js';
import { formatCount, formatDuration, formatShare } from './format.js';
import { cssColour } from './palette.js';
import { SortableTable } from './sortable-table.js';
import { mark } from './span-table.js';
import { operationOf, serviceOf } from './span-text.js';

/** How the spans of each service, or each operation of a service, spent their time. */
export class Statistics {
  #trace;
  #table;
  #rows;

  constructor(trace, pick) {
    this.#trace = trace;
    this.byService = el('input', { type: 'checkbox' });
    this.byService.addEventListener('change', () => this.set(this.#rows));
    const duration = (title, name) => ({ title, width: '90px', numeric: true, text: (group) => formatDuration(group[name]), by: (group) => group[name] });
    this.#table = new SortableTable({
      label: 'Statistics',
      sorted: 4,
      pick,
      columns: [
        { title: 'Service', width: 'minmax(90px, 1fr)', text: ({ service }) => service, by: ({ service }) => service, cell: (cell, { colour }) => mark(cell, cssColour(colour)) },
        { title: 'Operation', width: 'minmax(110px, 2fr)', text: ({ operation }) => operation.slice(0, 300), by: ({ operation }) => operation },
        { title: 'Spans', width: '72px', numeric: true, text: ({ count }) => formatCount(count), by: ({ count }) => count },
        { title: 'Errors', width: '66px', numeric: true, text: ({ errors }) => (errors ? formatCount(errors) : ''), by: ({ errors }) => errors, cell: (cell) => cell.classList.add('failed') },
        duration('Own time', 'self'),
        { title: 'Share', width: '72px', numeric: true, text: ({ share }) => formatShare(share), by: ({ share }) => share },
        duration('Total', 'total'), duration('Mean', 'mean'), duration('p50', 'p50'), duration('p95', 'p95'), duration('Longest', 'longest'),
      ],
    });
    this.node = el('div.pane', {},
      el('label.option', {}, this.byService, ' Services only'),
      this.#table.node);
  }

  /** Sums up these rows of the trace. */
  set(rows) {
    this.#rows = rows;
    const groups = new Map();
    for (const row of rows) this.#add(groups, row);
    const whole = [...groups.values()].reduce((sum, { self }) => sum + self, 0);
    this.#table.set([...groups.values()].map((group) => finished(group, whole)));
  }

  destroy() {
    this.#table.destroy();
  }

  #add(groups, row) {
    const trace = this.#trace;
    const service = trace.service[row];
    const operation = this.byService.checked ? -1 : trace.operation[row];
    const key = service * 0x100000 + operation;
    let group = groups.get(key);
    if (!group) {
      group = {
        row, service: serviceOf(trace, row), operation: operation < 0 ? '' : operationOf(trace, row),
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

/** The least value that so large a share of the sorted values does not exceed. */
export const percentile = (sorted, share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
