import { age, setAge } from './ages.js';
import { el } from './dom.js';
import { formatDuration, formatMoment, formatTime, named, plural } from './format.js';
import { colourOf, cssColour } from './palette.js';
import { columnCells, columnStyle, fillColumns } from './result-columns.js';
import { setParameters, spanUrl } from './route.js';
import { findTraces } from './tempo.js';
import { pipelineOf } from './traceql-query.js';
import { VirtualList } from './virtual-list.js';

/** The order that the API is asked for, and the way in which its answer is put together. */
const ORDERS = {
  newest: ['Newest first', 'newest', (a, b) => b.begin - a.begin],
  longest: ['Longest first', 'longest-span', (a, b) => b.duration - a.duration],
};

/** The matching spans, each with its trace. */
export class SpanList {
  #query;
  #spans = [];
  #longest = 1;
  #list;

  /** Calls `reordered(order)` if another order is chosen. */
  constructor(query, reordered) {
    this.#query = query;
    this.summary = el('p.summary', { role: 'status' });
    this.order = el('select', { 'aria-label': 'Order' }, Object.entries(ORDERS).map(([name, [title]]) => el('option', { value: name, selected: name === query.order }, title)));
    this.order.addEventListener('change', () => {
      setParameters({ order: this.order.value === 'newest' ? null : this.order.value });
      reordered(this.order.value);
    });
    this.rows = el('div.rows.results', { role: 'list', 'aria-label': 'Spans', ...columnStyle(query.columns) });
    this.#list = new VirtualList({ scroller: this.rows, create: () => this.#create(), render: (node, index) => this.#render(node, this.#spans[index]) });
    this.bar = [this.summary, this.order];
    this.node = el('div.found-list', {}, header(query.columns), this.rows);
  }

  destroy() {
    this.#list.destroy();
  }

  /** Loads and shows the spans; returns an error if that failed. */
  async load({ q, columns, limit, order }, window, signal) {
    const [, asked, compare] = ORDERS[order] ?? ORDERS.newest;
    const query = `${pipelineOf(q)} | select(${['status', 'resource.service.name', ...columns].join(', ')})`;
    const { traces, error } = await findTraces(query, window, { order: asked, limit, spans: limit }, signal);
    if (signal.aborted || error) return error;
    const all = traces.flatMap(({ id, matches }) => matches.map((span) => ({ ...span, trace: id })));
    this.#spans = all.sort(compare).slice(0, limit);
    this.#longest = this.#spans.reduce((longest, { duration }) => Math.max(longest, duration), 1);
    this.#list.reset(this.#spans.length);
    const matched = traces.reduce((sum, trace) => sum + trace.matched, 0);
    const isCut = matched > this.#spans.length || traces.length >= limit;
    this.summary.textContent = isCut ? `${order === 'longest' ? 'Longest' : 'Newest'} ${plural(this.#spans.length, 'span')} (more match)` : plural(this.#spans.length, 'span');
    return null;
  }

  get isEmpty() {
    return this.#spans.length === 0;
  }

  /** Moves the focus to the next or previous span. */
  step(by) {
    const at = Number(document.activeElement.closest?.('.result')?.dataset.index ?? -1);
    const to = Math.max(0, Math.min(this.#spans.length - 1, at + by));
    this.#list.reveal(to);
    this.#list.node(to)?.parts.link.focus({ preventScroll: true });
  }

  #create() {
    const fields = columnCells(this.#query.columns);
    const parts = { fields, link: el('a'), dot: el('i.dot'), service: el('span.service'), operation: el('span.operation'), status: el('span.errors'),
      bar: el('span.length'), duration: el('span.number'), clock: el('span'), age: age(0) };
    parts.link.append(parts.dot, parts.service, parts.operation);
    const node = el('div.row.result.span', { role: 'listitem' }, parts.link, fields, parts.status,
      el('span.cell.lasting', {}, parts.bar, parts.duration), el('span.started', {}, parts.clock, parts.age));
    node.parts = parts;
    return node;
  }

  #render(node, span) {
    const { link, dot, service, operation, fields, status, bar, duration, clock } = node.parts;
    const name = named(span.values['service.name']?.value, '(no service)');
    node.dataset.index = this.#spans.indexOf(span);
    link.href = spanUrl(span.trace, span.id);
    link.title = `${name}: ${span.name}`.slice(0, 500);
    dot.style.setProperty('--c', cssColour(colourOf(name)));
    service.textContent = name.slice(0, 200);
    operation.textContent = named(span.name, '(no name)').slice(0, 300);
    fillColumns(fields, this.#query.columns, span);
    status.textContent = span.values.status?.value === 'error' ? 'error' : '';
    bar.style.setProperty('--share', `${(100 * span.duration) / this.#longest}%`);
    duration.textContent = formatDuration(span.duration);
    clock.textContent = formatMoment(span.begin);
    clock.parentNode.title = formatTime(span.begin);
    setAge(node.parts.age, span.begin);
  }
}

const header = (columns) => el('div.row.result.span.header', { 'aria-hidden': true, ...columnStyle(columns) }, el('span', {}, 'Span'), columns.map((field) => el('span.field-value', {}, field)),
  el('span.number', {}, 'Status'), el('span.lasting', {}, 'Duration'), el('span.started', {}, 'Started'));
