import { setAge } from './ages.js';
import { el, perFrame, toast } from './dom.js';
import { formatCount, formatDuration, formatMoment, formatTime, named, plural } from './format.js';
import { colourOf, cssColour } from './palette.js';
import { popUp } from './popup.js';
import { compareUrl, navigate, remember, serviceUrl, setParameters, traceUrl } from './route.js';
import { columnCells, columnStyle, fillColumns } from './result-columns.js';
import { VirtualList } from './virtual-list.js';

export const ORDERS = {
  newest: ['Newest first', (a, b) => b.begin - a.begin],
  longest: ['Longest first', (a, b) => b.duration - a.duration],
  shortest: ['Shortest first', (a, b) => a.duration - b.duration],
  spans: ['Most spans first', (a, b) => b.spans - a.spans],
  errors: ['Most errors first', (a, b) => b.errors - a.errors || b.begin - a.begin],
};

/** The time for which a trace that arrived while the page was open is marked as new. */
const FRESH_MS = 30_000;
/** So many services of a trace are offered. */
const MAX_PAGES = 20;

/** The list of found traces, one line each; only the visible lines exist. */
export class Results {
  #traces = [];
  #shown = [];
  /** The arrival times of the traces that are marked as new, by id. */
  #fresh = new Map();
  #chosen;
  #longest = 1;
  #limit;
  /** Fields of the matching spans, each a column. */
  #columns;
  #list;

  /** `{ order, limit }` of the query; calls `reordered(order)` if another order is chosen. */
  constructor({ order, limit, columns = [] }, reordered) {
    this.#limit = limit;
    this.#columns = columns;
    const { chosen = [] } = history.state ?? {};
    this.#chosen = new Set(chosen);
    this.order = el('select', { 'aria-label': 'Order' }, Object.entries(ORDERS).map(([name, [title]]) => el('option', { value: name, selected: name === order }, title)));
    this.order.addEventListener('change', () => {
      setParameters({ order: this.order.value === 'newest' ? null : this.order.value });
      reordered(this.order.value);
    });
    this.compare = el('button', { type: 'button', title: 'Select exactly two traces to compare', onclick: () => navigate(compareUrl(...this.#chosen)) }, 'Compare');
    this.rows = el('div.rows.results', { role: 'list', 'aria-label': 'Traces', ...columnStyle(columns) });
    this.#list = new VirtualList({
      scroller: this.rows,
      create: () => this.#create(),
      render: (node, index) => this.#render(node, this.#shown[index]),
    });
    this.rows.addEventListener('scroll', perFrame(() => this.rows.isConnected && remember({ top: this.rows.scrollTop })), { passive: true });
    this.#count();
  }

  get traces() {
    return this.#traces;
  }

  /** The number of traces shown of all that were found. */
  get shown() {
    return this.#shown.length;
  }

  /** True while the user interacts with the list, so that nothing in it may move. */
  get isHeld() {
    return this.rows.scrollTop > 0 || this.rows.matches(':hover') || this.rows.contains(document.activeElement);
  }

  /** Replaces the list by these traces, and restores the scroll position. */
  set(traces) {
    this.#traces = traces;
    this.#fresh.clear();
    this.draw();
    this.rows.scrollTop = history.state?.top ?? 0;
  }

  /** The number of these that are not in the list yet. */
  unknown(traces) {
    const known = new Set(this.#traces.map(({ id }) => id));
    return traces.filter(({ id }) => !known.has(id)).length;
  }

  /** Updates the list; new traces are marked as new for a while. */
  merge(traces) {
    const now = Date.now();
    const known = new Set(this.#traces.map(({ id }) => id));
    for (const { id } of traces) if (!known.has(id)) this.#fresh.set(id, now);
    this.#traces = traces;
    this.draw();
  }

  /** Updates the traces in the list without moving them. */
  refresh(traces) {
    const now = new Map(traces.map((trace) => [trace.id, trace]));
    this.#traces = this.#traces.map((trace) => now.get(trace.id) ?? trace);
    this.#shown = this.#shown.map((trace) => now.get(trace.id) ?? trace);
    this.#list.refresh();
  }

  /** The number of traces marked as new; older ones lose the mark. */
  countFresh() {
    for (const [id, since] of this.#fresh) if (Date.now() - since > FRESH_MS) this.#fresh.delete(id);
    return this.#traces.filter(({ id }) => this.#fresh.has(id)).length;
  }

  /** Moves the focus to the next or previous result. */
  step(by) {
    const at = this.#shown.findIndex(({ id }) => id === document.activeElement.closest?.('.result')?.trace?.id);
    const to = Math.max(0, Math.min(this.#shown.length - 1, at + by));
    this.#list.reveal(to);
    this.#list.node(to)?.parts.link.focus({ preventScroll: true });
  }

  destroy() {
    this.#list.destroy();
  }

  draw() {
    this.#shown = [...this.#traces].sort(ORDERS[this.order.value]?.[1] ?? ORDERS.newest[1]).slice(0, this.#limit);
    this.#longest = this.#shown.reduce((longest, { duration }) => Math.max(longest, duration), 1);
    this.#list.reset(this.#shown.length);
  }

  #create() {
    const box = el('input', { type: 'checkbox' });
    const fields = columnCells(this.#columns);
    box.addEventListener('change', () => this.#choose(node.trace, box));
    const link = el('a');
    const parts = {
      box, link, fields,
      dot: el('i.dot'), service: el('span.service'), operation: el('span.operation'),
      mix: el('span.mix'), services: el('button.services', { type: 'button', 'aria-haspopup': 'menu', onclick: ({ currentTarget }) => popUp(currentTarget, pagesOf(node.trace)) }),
      spans: el('span.number.spans'), errors: el('span.number.errors'),
      bar: el('span.length'), duration: el('span.number'), clock: el('span'), age: el('span.age'),
    };
    link.append(parts.dot, parts.service, parts.operation);
    const node = el('div.row.result', { role: 'listitem' }, box, link, fields,
      el('span.cell.mixed', {}, parts.mix, parts.services), parts.spans, parts.errors,
      el('span.cell.lasting', {}, parts.bar, parts.duration), el('span.started', {}, parts.clock, parts.age));
    node.addEventListener('click', (event) => this.#open(event, link));
    node.parts = parts;
    return node;
  }

  /** A click beside the name acts like one on the name; selected text stays selected. */
  #open(event, link) {
    if (event.target.closest('a, button, input') || !getSelection().isCollapsed) return;
    link.dispatchEvent(new MouseEvent('click', event));
  }

  #render(node, trace) {
    const { box, link, dot, service, operation, mix, services, spans, errors, bar, duration, clock, age } = node.parts;
    const root = named(trace.service, '(no service)');
    const name = named(trace.name, trace.hasRoot ? '(no name)' : '(no root)');
    fillColumns(node.parts.fields, this.#columns, trace.matches?.[0]);
    node.trace = trace;
    node.classList.toggle('fresh', this.#fresh.has(trace.id));
    box.checked = this.#chosen.has(trace.id);
    box.setAttribute('aria-label', `Select ${name} to compare`.slice(0, 100));
    link.href = traceUrl(trace.id);
    link.title = `${root}: ${name}`.slice(0, 500);
    dot.style.setProperty('--c', cssColour(colourOf(root)));
    service.textContent = root.slice(0, 200);
    operation.textContent = name.slice(0, 300);
    mix.style.background = mixture(trace);
    mix.title = trace.services.map(({ name, spans: count }) => `${name} ${formatCount(count)}`).join('\n').slice(0, 2000);
    services.textContent = `${formatCount(trace.services.length)}`;
    services.title = `Pages of its services:\n${mix.title}`;
    services.setAttribute('aria-label', `${plural(trace.services.length, 'service')}: pages`);
    spans.textContent = formatCount(trace.spans);
    spans.dataset.unit = trace.spans === 1 ? ' span' : ' spans';
    errors.textContent = trace.errors ? formatCount(trace.errors) : '';
    errors.setAttribute('role', 'img');
    errors.setAttribute('aria-label', plural(trace.errors, 'error'));
    bar.style.setProperty('--share', `${(100 * trace.duration) / this.#longest}%`);
    duration.textContent = formatDuration(trace.duration);
    clock.textContent = trace.begin ? formatMoment(trace.begin) : 'no start time';
    clock.parentNode.title = trace.begin ? formatTime(trace.begin) : '';
    if (trace.begin) setAge(age, trace.begin);
    age.hidden = !trace.begin;
  }

  #choose({ id }, box) {
    if (box.checked && this.#chosen.size === 2) {
      box.checked = false;
      toast('Select exactly two traces to compare');
      return;
    }
    if (box.checked) this.#chosen.add(id);
    else this.#chosen.delete(id);
    this.#count();
    remember({ chosen: [...this.#chosen] });
  }

  #count() {
    this.compare.disabled = this.#chosen.size !== 2;
  }
}

/** The page of each service, those with the most spans first. */
function pagesOf({ services }) {
  return [...services].sort((a, b) => b.spans - a.spans).slice(0, MAX_PAGES)
    .map(({ name, spans, errors }) => [`${named(name, '(no service)')}: ${plural(spans, 'span')}${errors ? `, ${plural(errors, 'error')}` : ''}`.slice(0, 120), serviceUrl(name)]);
}

/** Shows the services' shares of the spans, side by side. */
function mixture({ services, spans }) {
  let at = 0;
  const stops = services.map(({ name, spans: count }) => {
    const from = at;
    at += (100 * count) / spans;
    return `${cssColour(colourOf(name))} ${from.toFixed(1)}% ${at.toFixed(1)}%`;
  });
  return `linear-gradient(to right, ${stops.join(', ')})`;
}
