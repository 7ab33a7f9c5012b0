import { attributeMenu } from './attribute-menu.js';
import { getJson } from './backend.js';
import { ERROR } from './columns.js';
import { Details } from './details.js';
import { drawn, el, perFrame, toast } from './dom.js';
import { Finder } from './finder.js';
import { focusAgain, focusWithin } from './focus.js';
import { Minimap } from './minimap.js';
import { startPrinting } from './printing.js';
import { setParameters } from './route.js';
import { setShortcuts } from './shortcuts.js';
import { SpanFilter } from './span-filter.js';
import { nextFlagged } from './span-text.js';
import { state } from './states.js';
import { styleSheet } from './style-sheet.js';
import { TimeRange } from './time-range.js';
import { traceActions } from './trace-actions.js';
import { traceHead, traceNotes } from './trace-head.js';
import { traceShortcuts } from './trace-shortcuts.js';
import { VisibleRows } from './visible-rows.js';
import { Waterfall } from './waterfall.js';

const VIEWS = { timeline: 'Timeline', flame: 'Flame graph', table: 'Table', statistics: 'Statistics', events: 'Events' };

/** So many log records of a trace are shown, the oldest. */
const MAX_LOGS = 1000;

/** A trace on the page: its parts, and their communication. */
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
  /** The log records below the timeline, once their script is loaded. */
  #logs = null;
  /** The view in place of the timeline, if there is one and its script is loaded. */
  #standIn = null;
  #view = 'timeline';
  #drawRange = perFrame(() => {
    this.#minimap.mark();
    this.#waterfall.refresh();
    setParameters({ zoom: this.#range.text });
  });
  /** Updates the details to follow the keyboard, at most once per frame. */
  #follow = perFrame(() => this.#details.row >= 0 && this.#show(this.#waterfall.cursor));

  /** `adjust(on)` is called to show the same trace with its clock skew removed, or as sent. */
  constructor(trace, signal, adjust) {
    this.#trace = trace;
    this.#signal = signal;
    this.#visible = new VisibleRows(trace);
    this.#range = new TimeRange(trace.begin, trace.end);
    this.#filter = new SpanFilter(trace, () => this.#applyFilter(), () => this.#nextError());
    this.#details = new Details(trace, {
      close: () => this.close(),
      open: (spanId) => this.#open(spanId),
      pick: (key, text, node) => attributeMenu(key, text, node, this.#filter, (wanted) => this.#finder.search(wanted)),
    });
    this.#waterfall = new Waterfall(trace, this.#visible, this.#range, { select: (row) => this.select(row), moved: this.#follow, range: this.#drawRange });
    this.#minimap = new Minimap(trace, this.#range, this.#drawRange, signal);
    this.#finder = new Finder(trace, { found: (rows, current, stay) => this.#mark(rows, current, stay), searched: (text) => setParameters({ uiFind: text }) });
    this.node = this.#layout(adjust);
    startPrinting(this.#waterfall, signal);
    signal.addEventListener('abort', () => {
      this.#standIn?.destroy?.();
      this.#waterfall.destroy();
    });
  }

  #layout(adjust) {
    this.pane = el('div.main', { role: 'tabpanel', id: 'pane' });
    this.tabs = el('div.views', { role: 'tablist', 'aria-label': 'Views' }, Object.entries(VIEWS).map(([name, title]) =>
      el('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'pane', 'data-view': name, onclick: () => this.#turnTo(name) }, title)));
    this.tabs.addEventListener('keydown', ({ key }) => this.#moveTab({ ArrowLeft: -1, ArrowRight: 1 }[key]));
    this.nothing = el('div.nothing', { hidden: true }, state('No span passes the filters', el('div.actions', {},
      el('button.primary', { type: 'button', onclick: () => this.#filter.clear() }, 'Clear filters'))));
    const { isAdjusted, early } = this.#trace;
    const skew = (isAdjusted || early > 0) && { isAdjusted, adjust };
    return el('div.trace', {},
      traceHead(this.#trace, traceActions(this.#trace, skew, () => [this.#visible, this.#range])),
      traceNotes(this.#trace).map((text) => el('div.banner', {}, text)),
      el('div.tabs', {}, this.tabs, this.#filter.node, this.#finder.node),
      this.#filter.conditions,
      el('div.body', {}, this.pane, this.#details.node));
  }

  /** Draws, and moves to the row or match that the address asks for. */
  async start(parameters, row) {
    this.#setShortcuts();
    const wanted = parameters.get('uiFind');
    // Rows are drawn once, with cursor and selection in their places.
    this.#waterfall.cursor = Math.max(row, 0);
    this.#waterfall.selected = row;
    if (row >= 0) this.#visible.show(row);
    this.#range.read(parameters.get('zoom') ?? '');
    this.show(parameters.get('view'), row);
    if (['only', 'service', 'min', 'with', 'without', 'operation'].some((name) => parameters.has(name))) {
      await this.#filter.read(parameters);
      this.#applyFilter();
      if (row >= 0) this.#reveal(row);
    }
    if (row >= 0) await this.#show(row);
    else if (wanted) await this.#finder.search(wanted);
    else this.#focusPane();
    drawn().then(() => {
      this.#trace.prepareFind();
      this.#readLogs();
      this.#showBackLinks();
    });
  }

  /** Marks the log records of the trace on its spans, and lists them below the timeline. */
  async #readLogs() {
    if (this.#trace.isLocal) return;
    const { body } = await getJson(`logs?${new URLSearchParams({ traceId: this.#trace.id, order: 'oldest', limit: MAX_LOGS })}`);
    // A backend without log records has no such answer.
    if (!body?.logs?.length || this.#signal.aborted) return;
    try {
      const [{ TraceLogs }] = await Promise.all([import('./trace-logs.js'), styleSheet('logs.css')]);
      const logs = new TraceLogs(this.#trace, body);
      const moments = await logs.moments(this.#signal);
      if (this.#signal.aborted) return;
      this.#logs = logs;
      this.#waterfall.logs = moments;
      if (this.#view !== 'timeline') return;
      this.pane.append(logs.node);
      this.#waterfall.refresh();
    } catch {
      // The script cannot be read: the trace is there without its records.
    }
  }

  /** Follows an address of the same trace: another view of it, or another span. */
  async update(parameters) {
    this.show(parameters.get('view'));
    await this.#filter.read(parameters);
    this.#applyFilter();
    const wanted = parameters.get('uiFind');
    if (wanted) await this.#open(wanted);
    else this.close();
  }

  /**
   * The rows of this trace's spans in another view of it with more spans, which are needed before it
   * can replace this one.
   */
  async rowsIn(trace) {
    const rows = [this.#details.row, this.#waterfall.cursor, ...[...this.#visible.rows].filter((row) => this.#visible.collapsed[row])];
    const ids = await this.#trace.spanIds(rows);
    const [selected, cursor, ...collapsed] = await Promise.all(ids.map((id) => (id ? trace.locate(id) : -1)));
    return { selected, cursor, collapsed, span: selected >= 0 ? await trace.span(selected) : null };
  }

  /** The state of the view that the user has changed. */
  state() {
    const { isWhole, from, to } = this.#range;
    const { epoch } = this.#trace;
    return {
      view: this.#view,
      text: this.#finder.input.value,
      range: isWhole ? null : [epoch + from, epoch + to],
      top: this.#waterfall.rows.scrollTop,
      detailsTop: this.#details.node.lastChild?.scrollTop ?? 0,
      focus: focusWithin(this.node),
      menu: this.node.querySelector('details.menu').open,
    };
  }

  /** Takes over from a view with fewer spans, without losing keys typed meanwhile. */
  restore({ view, text, range, top, detailsTop, focus, menu }, { selected, cursor, collapsed, span }) {
    this.#setShortcuts();
    this.#readLogs();
    for (const row of collapsed) if (row >= 0) this.#visible.collapsed[row] = 1;
    this.#visible.update();
    if (range) this.#range.set(...range.map((moment) => moment - this.#trace.epoch));
    this.#waterfall.cursor = cursor;
    if (selected >= 0) {
      this.#waterfall.selected = selected;
      this.#details.fill(selected, span);
      this.#details.node.lastChild.scrollTop = detailsTop;
    }
    this.show(view);
    this.#waterfall.rows.scrollTop = top;
    this.#finder.input.value = text;
    this.node.querySelector('details.menu').open = menu;
    focusAgain(this.node, focus);
    const parameters = new URLSearchParams(location.search);
    this.#filter.read(parameters).then(() => this.#filter.isOn && this.#applyFilter());
    if (text) this.#finder.search(text, { stay: true });
    this.#showBackLinks();
  }

  /** Shows the links from other traces when they are known. */
  async #showBackLinks() {
    if (this.#trace.isLocal) return;
    const { backLinks, backLinkFact } = await import('./back-links.js');
    const links = await backLinks(this.#trace);
    if (links.length === 0 || this.#signal.aborted) return;
    this.node.querySelector('.facts').append(backLinkFact(links));
    await this.#details.setBackLinks(links);
  }

  /** Changes to another view on the user's request, which the browser's Back undoes. */
  #turnTo(name) {
    if (name === this.#view) return;
    setParameters({ view: name === 'timeline' ? null : name }, true);
    this.show(name);
  }

  /** Changes to another view; that row is in view in the timeline. */
  show(name, row = -1) {
    this.#view = Object.hasOwn(VIEWS, name ?? '') ? name : 'timeline';
    const hadFocus = this.pane.contains(document.activeElement) || document.activeElement === document.body;
    setParameters({ view: this.#view === 'timeline' ? null : this.#view });
    for (const tab of this.tabs.children) {
      const isShown = tab.dataset.view === this.#view;
      tab.setAttribute('aria-selected', isShown);
      tab.tabIndex = isShown ? 0 : -1;
    }
    this.pane.setAttribute('aria-labelledby', `tab-${this.#view}`);
    this.#standIn?.destroy?.();
    this.#standIn = null;
    if (this.#view === 'timeline') {
      this.pane.replaceChildren(el('div.overview', {}, this.#filter.legend, this.#minimap.node), this.nothing, this.#waterfall.node, ...(this.#logs ? [this.#logs.node] : []));
      // Taking the focus forces a layout, which is short while there are no rows.
      if (hadFocus) this.#focusPane();
      this.#draw(row);
    } else this.#standFor(this.#view, hadFocus);
  }

  /** Puts another view in the place of the timeline, when its script is loaded. */
  async #standFor(name, hadFocus) {
    this.pane.replaceChildren(this.#filter.legend, this.nothing);
    try {
      const views = await import('./trace-views.js');
      if (this.#view !== name || this.#signal.aborted) return;
      this.#standIn?.destroy?.();
      this.#standIn = views.show(name, this.#trace, {
        select: (row) => this.select(row),
        isSelected: (row) => row === this.#details.row,
        showOperation: (service, operation) => {
          this.#turnTo('table');
          this.#filter.showOperation(service, operation);
        },
      }, this.#signal);
    } catch {
      toast('Cannot reach the backend');
      this.show('timeline');
      return;
    }
    this.pane.replaceChildren(this.#filter.legend, this.nothing, this.#standIn.node);
    this.#draw();
    if (hadFocus) this.#focusPane();
  }

  /** Moves the keyboard focus to the visible view. */
  #focusPane() {
    if (this.#view === 'timeline') this.#waterfall.focus();
    else this.pane.querySelector('.table, .flame')?.focus({ preventScroll: true });
  }

  #moveTab(by) {
    if (!by) return;
    const names = Object.keys(VIEWS);
    const at = (names.indexOf(this.#view) + by + names.length) % names.length;
    this.#turnTo(names[at]);
    this.tabs.children[at].focus();
  }

  #draw(row = -1) {
    const rows = this.#view === 'timeline' ? this.#visible.rows : this.#shownRows();
    this.nothing.hidden = !this.#filter.isOn || rows.length > 0;
    if (this.#view === 'timeline') this.#waterfall.refresh(row);
    else if (this.#standIn) {
      this.#standIn.set(rows);
      this.#standIn.mark?.(this.#waterfall.matches, this.#waterfall.currentMatch);
    }
  }

  /** The rows that pass the filter; in the table, those found. */
  #shownRows() {
    const all = Int32Array.from({ length: this.#trace.count }, (_, row) => row);
    const { matches } = this.#waterfall;
    const isFinding = this.#view === 'table' && this.#finder.text !== '';
    if (!this.#filter.isOn && !isFinding) return all;
    return all.filter((row) => this.#filter.passes(row) && (!isFinding || matches.has(row)));
  }

  /** Shows a span by its id, if the trace has it. */
  async #open(spanId) {
    const row = await this.#trace.locate(spanId);
    if (row < 0) return;
    this.#reveal(row);
    if (row !== this.#details.row) await this.#show(row);
  }

  #nextError() {
    const row = nextFlagged(this.#trace, this.#details.row >= 0 ? this.#details.row : this.#waterfall.cursor, ERROR);
    if (row < 0) return;
    this.#reveal(row);
    this.#show(row);
  }

  /** Makes a row visible, whatever hides it. */
  #reveal(row) {
    if (this.#view !== 'timeline') return;
    if (this.#visible.passing && !this.#visible.passing[row]) this.#filter.clear();
    if (this.#visible.show(row)) this.#waterfall.refresh();
    this.#waterfall.moveTo(row, true);
  }

  /** Shows the details of a span, or hides them if they are shown. */
  async select(row) {
    if (row === this.#details.row) this.close();
    else await this.#show(row);
  }

  async #show(row) {
    this.#waterfall.selected = row;
    const wasHidden = this.#details.node.hidden;
    try {
      await this.#details.show(row);
    } catch ({ message }) {
      toast(`The span could not be read: ${message}`);
      this.close();
      return;
    }
    this.#details.highlight(this.#finder.text);
    if (this.#logs) this.#logs.showSpan((await this.#trace.spanIds([row]))[0] ?? '');
    if (this.#view !== 'timeline') this.#standIn?.redraw?.();
    else if (wasHidden) {
      // The panel reduces the width of the bars.
      this.#waterfall.refresh();
      this.#waterfall.moveTo(row);
    } else this.#waterfall.redraw();
    const [spanId] = await this.#trace.spanIds([row]);
    if (this.#details.row === row) setParameters({ uiFind: spanId });
  }

  close() {
    if (this.#details.row < 0) return;
    this.#details.hide();
    this.#waterfall.selected = -1;
    if (this.#view !== 'timeline') this.#standIn?.redraw?.();
    else {
      this.#waterfall.refresh();
      this.#waterfall.focus();
    }
    setParameters({ uiFind: this.#finder.text || null });
  }

  #mark(rows, current, stay) {
    this.#waterfall.matches = new Set(rows);
    this.#waterfall.currentMatch = current;
    this.#details.highlight(this.#finder.text);
    if (this.#view !== 'timeline') {
      this.#draw();
      return;
    }
    if (current >= 0 && !stay) this.#reveal(current);
    this.#waterfall.redraw();
  }

  #applyFilter() {
    this.#visible.filter(this.#filter.isOn ? (row) => this.#filter.passes(row) : null);
    setParameters(this.#filter.parameters);
    this.#draw();
  }

  #escape() {
    const menu = this.node.querySelector('details.menu');
    if (menu.open) {
      menu.open = false;
      menu.querySelector('summary').focus();
    } else if (this.#finder.isFocused) this.#focusPane();
    else this.close();
  }

  #setShortcuts() {
    setShortcuts(traceShortcuts({
      views: Object.values(VIEWS),
      turnTo: (number) => this.#turnTo(Object.keys(VIEWS)[number - 1]),
      level: (change) => {
        this.#visible[change]();
        this.#waterfall.refresh();
      },
      zoom: (change) => {
        change(this.#range);
        this.#drawRange();
      },
      escape: () => this.#escape(),
      nextError: () => this.#nextError(),
      finder: this.#finder,
      filter: this.#filter,
    }));
  }
}
