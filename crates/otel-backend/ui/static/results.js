import { el, toast } from './dom.js';
import { formatAge, formatCount, formatDuration, formatTime } from './format.js';
import { colourOf, cssColour } from './palette.js';
import { compareUrl, navigate, traceUrl } from './route.js';
import { VirtualList } from './virtual-list.js';

const ORDERS = {
  newest: ['Newest first', (a, b) => b.begin - a.begin],
  longest: ['Longest first', (a, b) => b.end - b.begin - (a.end - a.begin)],
  shortest: ['Shortest first', (a, b) => a.end - a.begin - (b.end - b.begin)],
  spans: ['Most spans first', (a, b) => b.spans - a.spans],
  errors: ['Most errors first', (a, b) => b.errors - a.errors || b.begin - a.begin],
};

/** The list of traces found: one line each, only those in view being there. */
export class Results {
  #traces = [];
  #shown = [];
  #fresh = new Set();
  #chosen = new Set();
  #longest = 1;
  #list;

  constructor() {
    this.order = el('select', { 'aria-label': 'Order' }, Object.entries(ORDERS).map(([name, [title]]) => el('option', { value: name }, title)));
    this.order.addEventListener('change', () => this.draw());
    this.compare = el('button', { type: 'button', disabled: true, title: 'Choose two traces to compare', onclick: () => this.#compare() }, 'Compare');
    this.rows = el('div.rows.results', { role: 'list', 'aria-label': 'Traces' });
    this.#list = new VirtualList({
      scroller: this.rows,
      create: () => this.#create(),
      render: (node, index) => this.#render(node, this.#shown[index]),
    });
  }

  get newest() {
    return this.#traces.reduce((newest, { begin }) => Math.max(newest, begin), 0);
  }

  get traces() {
    return this.#traces;
  }

  /** Takes these traces and no others. */
  set(traces) {
    this.#traces = traces;
    this.#fresh.clear();
    this.rows.scrollTop = 0;
  }

  /** Adds what has come since; a trace that has grown is replaced. */
  merge(traces, limit) {
    const known = new Map(this.#traces.map((trace) => [trace.id, trace]));
    let added = 0;
    let changed = false;
    for (const trace of traces) {
      const before = known.get(trace.id);
      if (!before) {
        added++;
        this.#fresh.add(trace.id);
      }
      changed ||= before?.spans !== trace.spans;
      known.set(trace.id, trace);
    }
    this.#traces = [...known.values()].sort(ORDERS.newest[1]).slice(0, limit);
    return { changed, added };
  }

  /** Puts the focus on the next result, or the one before. */
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
    this.#shown = [...this.#traces].sort(ORDERS[this.order.value][1]);
    this.#longest = this.#traces.reduce((longest, { begin, end }) => Math.max(longest, end - begin), 1);
    this.#list.reset(this.#shown.length);
  }

  #create() {
    const box = el('input', { type: 'checkbox' });
    box.addEventListener('change', () => this.#choose(node.trace, box));
    const link = el('a');
    const parts = {
      box, link,
      dot: el('i.dot'), service: el('span.service'), operation: el('span.operation'),
      mix: el('span.mix'), services: el('span.services'),
      spans: el('span.number'), errors: el('span.number.errors'),
      bar: el('span.length'), duration: el('span.number'), started: el('span.started'),
    };
    link.append(parts.dot, parts.service, parts.operation);
    const node = el('div.row.result', { role: 'listitem' }, box, link,
      el('span.cell.mixed', {}, parts.mix, parts.services), parts.spans, parts.errors,
      el('span.cell.lasting', {}, parts.bar, parts.duration), parts.started);
    node.addEventListener('click', (event) => {
      if (!event.target.closest('a, input')) link.click();
    });
    node.parts = parts;
    return node;
  }

  #render(node, trace) {
    const { box, link, dot, service, operation, mix, services, spans, errors, bar, duration, started } = node.parts;
    const root = trace.service || '(no service)';
    node.trace = trace;
    node.classList.toggle('fresh', this.#fresh.has(trace.id));
    box.checked = this.#chosen.has(trace.id);
    box.setAttribute('aria-label', `Choose ${trace.name} to compare`.slice(0, 100));
    link.href = traceUrl(trace.id);
    dot.style.setProperty('--c', cssColour(colourOf(root)));
    service.textContent = root.slice(0, 200);
    operation.textContent = (trace.name || '(no root)').slice(0, 300);
    mix.style.background = this.#mixture(trace);
    mix.title = trace.services.map(({ name, spans: count }) => `${name} ${formatCount(count)}`).join('\n').slice(0, 2000);
    services.textContent = `${formatCount(trace.services.length)}`;
    services.title = mix.title;
    spans.textContent = formatCount(trace.spans);
    errors.textContent = trace.errors ? formatCount(trace.errors) : '';
    errors.setAttribute('aria-label', `${formatCount(trace.errors)} errors`);
    bar.style.setProperty('--share', `${(100 * (trace.end - trace.begin)) / this.#longest}%`);
    duration.textContent = formatDuration(trace.end - trace.begin);
    started.textContent = `${formatTime(trace.begin).slice(11, 19)}  ${formatAge(trace.begin)}`;
    started.title = formatTime(trace.begin);
  }

  /** The services' shares of the spans, side by side. */
  #mixture({ services, spans }) {
    let at = 0;
    const stops = services.map(({ name, spans: count }) => {
      const from = at;
      at += (100 * count) / spans;
      return `${cssColour(colourOf(name))} ${from.toFixed(1)}% ${at.toFixed(1)}%`;
    });
    return `linear-gradient(to right, ${stops.join(', ')})`;
  }

  #choose({ id }, box) {
    if (box.checked && this.#chosen.size === 2) {
      box.checked = false;
      toast('Two traces can be compared');
      return;
    }
    if (box.checked) this.#chosen.add(id);
    else this.#chosen.delete(id);
    this.compare.disabled = this.#chosen.size !== 2;
  }

  #compare() {
    navigate(compareUrl(...this.#chosen));
  }
}
