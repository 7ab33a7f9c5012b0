import { CRITICAL, ERROR } from './columns.js';
import { el, perFrame } from './dom.js';
import { formatCount } from './format.js';
import { Details } from './details.js';
import { Finder } from './finder.js';
import { Minimap } from './minimap.js';
import { cssColour } from './palette.js';
import { setParameters } from './route.js';
import { setShortcuts } from './shortcuts.js';
import { TimeRange } from './time-range.js';
import { traceHead, traceNotes } from './trace-head.js';
import { VisibleRows } from './visible-rows.js';
import { Waterfall } from './waterfall.js';

/** One trace on the page: its parts, and what they tell each other. */
export class TraceView {
  #trace;
  #parameters;
  #visible;
  #range;
  #waterfall;
  #minimap;
  #details;
  #finder;
  #filter = { errors: false, critical: false, services: new Set() };
  #drawRange = perFrame(() => {
    this.#minimap.mark();
    this.#waterfall.refresh();
  });

  constructor(trace, parameters, signal) {
    this.#trace = trace;
    this.#parameters = parameters;
    this.#visible = new VisibleRows(trace);
    this.#range = new TimeRange(trace.begin, trace.end);
    this.#details = new Details(trace, { close: () => this.close(), open: (spanId) => this.#open(spanId) });
    this.#waterfall = new Waterfall(trace, this.#visible, this.#range, {
      select: (row) => this.select(row),
      range: this.#drawRange,
    });
    this.#minimap = new Minimap(trace, this.#range, this.#drawRange, signal);
    this.#finder = new Finder(trace, { found: (rows, current) => this.#mark(rows, current), searched: (text) => setParameters({ uiFind: text }) });
    this.node = this.#layout();
    this.#setShortcuts();
    signal.addEventListener('abort', () => this.#waterfall.destroy());
  }

  #layout() {
    return el('div.trace', {},
      traceHead(this.#trace),
      traceNotes(this.#trace).map((text) => el('div.banner', {}, text)),
      el('div.tabs', {}, this.#filters(), el('span.gap'), this.#finder.node),
      el('div.body', {},
        el('div.main', {},
          el('div.overview', {}, this.#legend(), this.#minimap.node),
          this.#waterfall.node),
        this.#details.node));
  }

  /** Draws, and goes to what the address asks for. */
  async start() {
    this.#waterfall.refresh();
    this.#minimap.draw();
    const wanted = this.#parameters.get('uiFind');
    if (wanted && !(await this.#open(wanted))) await this.#finder.search(wanted);
    else this.#waterfall.focus();
    this.#trace.prepareFind();
  }

  /** Shows a span by its id; false if the trace has none of that id. */
  async #open(spanId) {
    const row = await this.#trace.locate(spanId);
    if (row < 0) return false;
    this.#reveal(row);
    this.select(row);
    return true;
  }

  /** Brings a row into view, whatever hides it. */
  #reveal(row) {
    if (this.#visible.passing && !this.#visible.passing[row]) this.#clearFilter();
    this.#visible.show(row);
    this.#waterfall.refresh();
    this.#waterfall.moveTo(row, true);
  }

  async select(row) {
    if (row === this.#details.row) return this.close();
    this.#waterfall.selected = row;
    await this.#details.show(row);
    // The panel takes room from the bars.
    this.#waterfall.refresh();
    this.#waterfall.moveTo(row);
    const [spanId] = await this.#trace.spanIds([row]);
    setParameters({ uiFind: spanId });
  }

  close() {
    if (this.#details.row < 0) return;
    this.#details.hide();
    this.#waterfall.selected = -1;
    this.#waterfall.refresh();
    this.#waterfall.focus();
    setParameters({ uiFind: this.#finder.text || null });
  }

  #mark(rows, current) {
    this.#waterfall.matches = new Set(rows);
    this.#waterfall.currentMatch = current;
    if (current >= 0) this.#reveal(current);
    this.#waterfall.redraw();
  }

  #filters() {
    const { errors, flags } = this.#trace;
    let critical = 0;
    for (const flag of flags) if (flag & CRITICAL) critical++;
    this.errorsButton = this.#filterButton('errors', 'Errors', errors, 'Show only spans with errors  e');
    this.criticalButton = this.#filterButton('critical', 'Critical path', critical, 'Show only spans on the critical path  c');
    return [this.errorsButton, this.criticalButton];
  }

  #filterButton(name, title, count, hint) {
    return el('button', {
      type: 'button', 'aria-pressed': false, title: hint, disabled: count === 0,
      onclick: () => this.#toggleFilter(name),
    }, title, ' ', el('span.count', {}, formatCount(count)));
  }

  #toggleFilter(name) {
    this.#filter[name] = !this.#filter[name];
    this.#applyFilter();
  }

  #legend() {
    this.legend = el('div.legend', { role: 'group', 'aria-label': 'Services' }, this.#trace.services.map(({ name, spans }, index) =>
      el('button', {
        type: 'button', 'aria-pressed': false, title: `Show only ${name}`, onclick: () => this.#toggleService(index),
      }, el('i.dot', { '--c': cssColour(this.#trace.colours[index]) }), el('span.label', {}, name || '(no service)'), el('span.count', {}, formatCount(spans)))));
    return this.legend;
  }

  #toggleService(index) {
    const { services } = this.#filter;
    if (!services.delete(index)) services.add(index);
    this.#applyFilter();
  }

  #clearFilter() {
    this.#filter = { errors: false, critical: false, services: new Set() };
    this.#applyFilter();
  }

  #applyFilter() {
    const { errors, critical, services } = this.#filter;
    const { flags, service } = this.#trace;
    const wanted = (errors ? ERROR : 0) | (critical ? CRITICAL : 0);
    const isOn = wanted !== 0 || services.size > 0;
    this.#visible.filter(isOn
      ? (row) => (flags[row] & wanted) === wanted && (services.size === 0 || services.has(service[row]))
      : null);
    this.errorsButton.setAttribute('aria-pressed', errors);
    this.criticalButton.setAttribute('aria-pressed', critical);
    [...this.legend.children].forEach((button, index) => button.setAttribute('aria-pressed', services.has(index)));
    this.#waterfall.refresh();
  }

  #zoom(act) {
    return () => {
      act();
      this.#drawRange();
    };
  }

  #level(name) {
    return () => {
      this.#visible[name]();
      this.#waterfall.refresh();
    };
  }

  #setShortcuts() {
    const range = this.#range;
    setShortcuts([
      ['Rows', [
        ['ArrowUp ArrowDown', 'Previous, next span'],
        ['j k', 'Next, previous span'],
        ['ArrowRight ArrowLeft', 'Expand, collapse; to a child, to the parent'],
        ['Enter', 'Show or hide the details'],
        ['Escape', 'Close the details', () => this.#escape()],
        ['PageUp PageDown', 'A page up, down'],
        ['Home End', 'First, last span'],
        ['[ ]', 'Collapse, expand one level', ({ key }) => this.#level(key === '[' ? 'collapseLevel' : 'expandLevel')()],
        ['{ }', 'Collapse, expand all', ({ key }) => this.#level(key === '{' ? 'collapseAll' : 'expandAll')()],
      ]],
      ['Find and filter', [
        ['/', 'Find in the trace', () => this.#finder.focus()],
        ['n N', 'Next, previous match', ({ key }) => this.#finder.step(key === 'n' ? 1 : -1)],
        ['e', 'Only errors', () => this.#toggleFilter('errors')],
        ['c', 'Only the critical path', () => this.#toggleFilter('critical')],
      ]],
      ['Time', [
        ['+ -', 'Zoom in, out', ({ key }) => this.#zoom(() => range.zoom(key === '+' ? 0.5 : 2))()],
        ['a d', 'Earlier, later', ({ key }) => this.#zoom(() => range.pan(key === 'a' ? -0.2 : 0.2))()],
        ['0', 'The whole trace', this.#zoom(() => range.reset())],
      ]],
    ]);
  }

  #escape() {
    if (this.#finder.isFocused) this.#waterfall.focus();
    else this.close();
  }
}
