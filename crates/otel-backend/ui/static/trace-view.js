import { CRITICAL, ERROR } from './columns.js';
import { Details } from './details.js';
import { drawn, el, perFrame } from './dom.js';
import { Finder } from './finder.js';
import { FlameGraph } from './flame-graph.js';
import { Minimap } from './minimap.js';
import { setParameters } from './route.js';
import { setShortcuts } from './shortcuts.js';
import { SpanFilter } from './span-filter.js';
import { spanTable } from './span-table.js';
import { operationOf } from './span-text.js';
import { Statistics } from './statistics.js';
import { TimeRange } from './time-range.js';
import { traceActions } from './trace-actions.js';
import { traceHead, traceNotes } from './trace-head.js';
import { VisibleRows } from './visible-rows.js';
import { Waterfall } from './waterfall.js';

const VIEWS = { timeline: 'Timeline', flame: 'Flame graph', table: 'Table', statistics: 'Statistics' };

/** One trace on the page: its parts, and what they tell each other. */
export class TraceView {
  #trace;
  #signal;
  #visible;
  #range;
  #filter;
  #waterfall;
  #minimap;
  #details;
  #finder;
  /** What stands in for the timeline, if anything. */
  #standIn = null;
  #view = 'timeline';
  #drawRange = perFrame(() => {
    this.#minimap.mark();
    this.#waterfall.refresh();
  });

  constructor(trace, signal) {
    this.#trace = trace;
    this.#signal = signal;
    this.#visible = new VisibleRows(trace);
    this.#range = new TimeRange(trace.begin, trace.end);
    this.#filter = new SpanFilter(trace, () => this.#applyFilter());
    this.#details = new Details(trace, { close: () => this.close(), open: (spanId) => this.#open(spanId) });
    this.#waterfall = new Waterfall(trace, this.#visible, this.#range, { select: (row) => this.select(row), range: this.#drawRange });
    this.#minimap = new Minimap(trace, this.#range, this.#drawRange, signal);
    this.#finder = new Finder(trace, { found: (rows, current) => this.#mark(rows, current), searched: (text) => setParameters({ uiFind: text }) });
    this.node = this.#layout();
    signal.addEventListener('abort', () => {
      this.#standIn?.destroy?.();
      this.#waterfall.destroy();
    });
  }

  #layout() {
    this.pane = el('div.main', { role: 'tabpanel', id: 'pane' });
    this.tabs = el('div.views', { role: 'tablist', 'aria-label': 'Views' }, Object.entries(VIEWS).map(([name, title]) =>
      el('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'pane', 'data-view': name, onclick: () => this.show(name) }, title)));
    this.tabs.addEventListener('keydown', ({ key }) => this.#moveTab({ ArrowLeft: -1, ArrowRight: 1 }[key]));
    return el('div.trace', {},
      traceHead(this.#trace, traceActions(this.#trace)),
      traceNotes(this.#trace).map((text) => el('div.banner', {}, text)),
      el('div.tabs', {}, this.tabs, this.#filter.node, this.#finder.node),
      el('div.body', {}, this.pane, this.#details.node));
  }

  /** Draws, and goes to what the address asks for: that row, or what is found. */
  async start(parameters, row) {
    this.#setShortcuts();
    const wanted = parameters.get('uiFind');
    // Rows that are drawn with the cursor and the selection need not be drawn again for them.
    this.#waterfall.cursor = wanted ? row : 0;
    this.#waterfall.selected = row;
    this.show(parameters.get('view'));
    if (row >= 0) {
      this.#reveal(row);
      await this.select(row);
    } else if (wanted) await this.#finder.search(wanted);
    else this.#waterfall.focus();
    drawn().then(() => this.#trace.prepareFind());
  }

  /** What a person has done to the view, for the view of the same trace with more spans. */
  async state() {
    const rows = [this.#details.row, this.#waterfall.cursor, ...[...this.#visible.rows].filter((row) => this.#visible.collapsed[row])];
    const { isWhole, from, to } = this.#range;
    return {
      view: this.#view,
      filter: this.#filter.state,
      text: this.#finder.text,
      range: isWhole ? null : [from, to],
      spanIds: await this.#trace.spanIds(rows),
      top: this.#waterfall.rows.scrollTop,
    };
  }

  async restore({ view, filter, text, range, spanIds, top }) {
    this.#setShortcuts();
    const [selected, cursor, ...collapsed] = await Promise.all(spanIds.map((id) => (id ? this.#trace.locate(id) : -1)));
    for (const row of collapsed) if (row >= 0) this.#visible.collapsed[row] = 1;
    this.#visible.update();
    if (range) this.#range.set(...range);
    this.show(view);
    this.#filter.restore(filter);
    this.#waterfall.rows.scrollTop = top;
    this.#waterfall.cursor = cursor;
    if (selected >= 0) await this.select(selected);
    if (text) await this.#finder.search(text);
  }

  /** Shows the trace in another way. */
  show(name) {
    this.#view = VIEWS[name] ? name : 'timeline';
    setParameters({ view: this.#view === 'timeline' ? null : this.#view });
    for (const tab of this.tabs.children) {
      const isShown = tab.dataset.view === this.#view;
      tab.setAttribute('aria-selected', isShown);
      tab.tabIndex = isShown ? 0 : -1;
    }
    this.pane.setAttribute('aria-labelledby', `tab-${this.#view}`);
    this.#standIn?.destroy?.();
    this.#standIn = this.#make();
    if (this.#standIn) this.pane.replaceChildren(this.#filter.legend, this.#standIn.node);
    else this.pane.replaceChildren(el('div.overview', {}, this.#filter.legend, this.#minimap.node), this.#waterfall.node);
    this.#draw();
  }

  #make() {
    const trace = this.#trace;
    switch (this.#view) {
      case 'flame': return new FlameGraph(trace, this.#signal);
      case 'table': return spanTable(trace, { pick: (row) => this.select(row), selected: (row) => row === this.#details.row });
      case 'statistics': return new Statistics(trace, ({ row }) => this.#findIn('table', operationOf(trace, row)));
      default: return null;
    }
  }

  #moveTab(by) {
    if (!by) return;
    const names = Object.keys(VIEWS);
    const at = (names.indexOf(this.#view) + by + names.length) % names.length;
    this.show(names[at]);
    this.tabs.children[at].focus();
  }

  #findIn(view, text) {
    this.show(view);
    this.#finder.search(text);
  }

  #draw() {
    if (this.#standIn) this.#standIn.set(this.#shownRows());
    else this.#waterfall.refresh();
  }

  /** The rows that pass the filter; in the table, those found. */
  #shownRows() {
    const all = Int32Array.from({ length: this.#trace.count }, (_, row) => row);
    const { matches } = this.#waterfall;
    const isFinding = this.#view === 'table' && this.#finder.text !== '';
    return all.filter((row) => this.#filter.passes(row) && (!isFinding || matches.has(row)));
  }

  /** Shows a span by its id, if the trace has it. */
  async #open(spanId) {
    const row = await this.#trace.locate(spanId);
    if (row < 0) return;
    this.#reveal(row);
    if (row !== this.#details.row) await this.select(row);
  }

  /** Brings a row into view, whatever hides it. */
  #reveal(row) {
    if (this.#standIn) return;
    if (this.#visible.passing && !this.#visible.passing[row]) this.#filter.clear();
    if (this.#visible.show(row)) this.#waterfall.refresh();
    this.#waterfall.moveTo(row, true);
  }

  /** Shows the details of a span, or hides them if they are shown. */
  async select(row) {
    if (row === this.#details.row) {
      this.close();
      return;
    }
    this.#waterfall.selected = row;
    await this.#details.show(row);
    if (this.#standIn) this.#standIn.redraw?.();
    else {
      // The panel takes room from the bars.
      this.#waterfall.refresh();
      this.#waterfall.moveTo(row);
    }
    const [spanId] = await this.#trace.spanIds([row]);
    setParameters({ uiFind: spanId });
  }

  close() {
    if (this.#details.row < 0) return;
    this.#details.hide();
    this.#waterfall.selected = -1;
    if (this.#standIn) this.#standIn.redraw?.();
    else {
      this.#waterfall.refresh();
      this.#waterfall.focus();
    }
    setParameters({ uiFind: this.#finder.text || null });
  }

  #mark(rows, current) {
    this.#waterfall.matches = new Set(rows);
    this.#waterfall.currentMatch = current;
    if (this.#standIn) {
      this.#draw();
      return;
    }
    if (current >= 0) this.#reveal(current);
    this.#waterfall.redraw();
  }

  #applyFilter() {
    this.#visible.filter(this.#filter.isOn ? (row) => this.#filter.passes(row) : null);
    this.#draw();
  }

  #setShortcuts() {
    const range = this.#range;
    const level = (name) => {
      this.#visible[name]();
      this.#waterfall.refresh();
    };
    const zoom = (act) => (event) => {
      act(event);
      this.#drawRange();
    };
    setShortcuts([
      ['Spans', [
        ['ArrowUp ArrowDown k j', 'Previous, next'],
        ['ArrowLeft ArrowRight', 'Collapse or to the parent, expand or to a child'],
        ['PageUp PageDown', 'A page up, down'],
        ['Home End', 'First, last'],
        ['Enter', 'Show, hide the details'],
        ['Escape', 'Close the details', () => (this.#finder.isFocused ? this.#waterfall.focus() : this.close())],
        ['[ ]', 'Collapse, expand one level', ({ key }) => level(key === '[' ? 'collapseLevel' : 'expandLevel')],
        ['{ }', 'Collapse, expand all', ({ key }) => level(key === '{' ? 'collapseAll' : 'expandAll')],
      ]],
      ['Find and filter', [
        ['/', 'Find in the trace', () => this.#finder.focus()],
        ['n N', 'Next, previous match', ({ key }) => this.#finder.step(key === 'n' ? 1 : -1)],
        ['e', 'Only errors', () => this.#filter.toggle(ERROR)],
        ['c', 'Only the critical path', () => this.#filter.toggle(CRITICAL)],
      ]],
      ['Time', [
        ['+ -', 'Zoom in, out', zoom(({ key }) => range.zoom(key === '+' ? 0.5 : 2))],
        ['a d', 'Earlier, later', zoom(({ key }) => range.pan(key === 'a' ? -0.2 : 0.2))],
        ['0', 'The whole trace', zoom(() => range.reset())],
      ]],
      ['Views', [['1 2 3 4', Object.values(VIEWS).join(', '), ({ key }) => this.show(Object.keys(VIEWS)[key - 1])]]],
    ]);
  }
}
