import { el, iconButton, perFrame } from './dom.js';
import { dragSpan } from './drag.js';
import { formatCount, formatTick } from './format.js';
import { RowNotes } from './row-notes.js';
import { splitter } from './splitter.js';
import { VirtualList } from './virtual-list.js';
import { createRow, RowPainter } from './waterfall-row.js';

/** Width of a level, in pixels; the stylesheet draws its lines at the same distance. */
const INDENT = 14;
/** The part of the name column that is kept free of indentation. */
const NAME_SPACE = 190;

/**
 * The rows of a trace: names as a tree, times as bars.
 *
 * It draws what it is told, and reports the user's actions: `select(row)`, `moved(row)` by a key,
 * `range()`.
 */
export class Waterfall {
  selected = -1;
  cursor = -1;
  /** The matching rows of the search, and the current one. */
  matches = new Set();
  currentMatch = -1;
  /** The times of log records, by the rows of their spans. */
  logs = new Map();
  /** The level that is drawn without indentation, and the number of indented levels below it. */
  baseLevel = 0;
  levels = 10;
  /** The start and the width of the bars' part of a row, and its width including the labels. */
  left = 0;
  width = 0;
  room = 0;
  #trace;
  #visible;
  #range;
  #on;
  #list;

  constructor(trace, visible, range, on) {
    this.#trace = trace;
    this.#visible = visible;
    this.#range = range;
    this.#on = on;
    this.axis = el('div.axis', { 'aria-hidden': true });
    this.heading = el('span', {}, 'Span');
    this.whole = el('button.reset', { type: 'button', hidden: true, title: 'Show the whole trace  0', onclick: () => this.#zoomOut() }, 'Reset zoom');
    this.rows = el('div.rows', { role: 'tree', tabindex: 0, 'aria-label': 'Spans', id: 'spans' });
    this.splitter = this.#splitter();
    this.node = el('div.waterfall', {}, this.#columns(), this.rows, this.splitter, this.whole);
    const painter = new RowPainter(this, trace, visible, range, new RowNotes(trace, () => this.redraw()));
    this.#list = new VirtualList({
      scroller: this.rows,
      create: createRow,
      render: (node, index) => painter.paint(node, visible.rows[index], INDENT),
      measure: (first, last) => this.#measure(first, last),
      active: () => visible.search(this.cursor),
    });
    this.#listen();
    // The window, the panel beside it, and zoom all change the width of the bars, and move all of
    // them.
    this.observer = new ResizeObserver(perFrame(() => this.axis.clientWidth && this.axis.clientWidth !== this.width && this.refresh()));
    this.observer.observe(this.axis);
  }

  #zoomOut() {
    this.#range.reset();
    this.#on.range();
    this.focus();
  }

  #columns() {
    const act = (name) => () => {
      this.#visible[name]();
      this.refresh();
    };
    return el('div.columns', {},
      el('div.names', {}, this.heading,
        iconButton('fewer', 'Collapse one level  [', act('collapseLevel')),
        iconButton('down', 'Expand one level  ]', act('expandLevel')),
        iconButton('collapse', 'Collapse all  {', act('collapseAll')),
        iconButton('expand', 'Expand all  }', act('expandAll'))),
      this.axis);
  }

  #listen() {
    this.rows.addEventListener('click', (event) => {
      this.node.classList.remove('by-keys');
      const node = event.target.closest('.row');
      if (!node) return;
      this.moveTo(node.row);
      if (event.target.closest('.toggle')) this.toggle(node.row);
      else this.#on.select(node.row);
    });
    this.rows.addEventListener('keydown', (event) => this.#key(event));
    this.rows.addEventListener('focus', () => {
      // Before the first drawing, it is not known which rows are in view.
      if (this.cursor < 0 && this.width && this.#visible.rows.length) this.moveTo(this.#visible.rows[this.#list.window().first]);
    });
    this.rows.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    dragSpan(this.axis, (from, to) => {
      const { from: start, to: end } = this.#range;
      this.#range.set(start + from * (end - start), start + to * (end - start));
      this.#on.range();
    });
  }

  #splitter() {
    const resize = perFrame(() => this.node.isConnected && this.refresh());
    return splitter({
      name: 'names', label: 'Resize name column', least: 160, most: 900, fallback: 400, towards: 1,
      widthAt: (x) => Math.min(x - this.node.getBoundingClientRect().left, this.node.clientWidth - 200),
      set: (width) => {
        document.documentElement.style.setProperty('--names', `min(${width}px, 50vw)`);
        // The first width is set before anything is drawn.
        if (this.width) resize();
      },
    });
  }

  /** Draws again after a change of what is shown; with `center`, so that this row is in view. */
  refresh(center = -1) {
    this.#measureWidth();
    this.#drawAxis();
    this.whole.hidden = this.#range.isWhole;
    // The cursor moves to the row that hides the one it was on.
    const index = this.#visible.indexOf(this.cursor);
    if (index >= 0) this.cursor = this.#visible.rows[index];
    this.#list.reset(this.#visible.rows.length, this.#visible.indexOf(center));
  }

  /** Draws the visible rows again after a change of how they look. */
  redraw() {
    this.#list.refresh();
  }

  toggle(row, collapse) {
    if (this.#visible.alike(row)) this.#visible.unfold(row);
    else this.#visible.toggle(row, collapse);
    this.refresh();
  }

  #fold(row) {
    this.#visible.unfold(row, false);
    this.refresh();
    this.moveTo(row);
  }

  /** Moves the keyboard's cursor to a row and makes it visible. */
  moveTo(row, center = false) {
    const index = this.#visible.indexOf(row);
    if (index < 0) return;
    this.cursor = this.#visible.rows[index];
    this.#list.reveal(index, center);
    this.#list.refresh();
  }

  focus() {
    this.rows.focus({ preventScroll: true });
  }

  destroy() {
    this.observer.disconnect();
    this.#list.destroy();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = this.#step(event.key);
    if (!step) return;
    event.preventDefault();
    this.node.classList.add('by-keys');
    step();
  }

  #step(key) {
    const { rows } = this.#visible;
    const index = Math.max(0, this.#visible.indexOf(this.cursor));
    const go = (to) => () => {
      this.moveTo(rows[Math.max(0, Math.min(rows.length - 1, to))]);
      this.#on.moved?.(this.cursor);
    };
    const page = Math.max(1, Math.floor(this.#list.room / this.#list.rowHeight) - 1);
    switch (key) {
      case 'ArrowDown': case 'j': return go(index + 1);
      case 'ArrowUp': case 'k': return go(index - 1);
      case 'PageDown': return go(index + page);
      case 'PageUp': return go(index - page);
      case 'Home': return go(0);
      case 'End': return go(rows.length - 1);
      case 'ArrowRight': return () => this.#inward(index);
      case 'ArrowLeft': return () => this.#outward();
      case 'Enter': case ' ': return () => this.#on.select(this.cursor);
      default: return null;
    }
  }

  #inward(index) {
    if (this.#visible.collapsed[this.cursor] || this.#visible.alike(this.cursor)) this.toggle(this.cursor, false);
    else if (this.#visible.hasChildren(this.cursor)) this.moveTo(this.#visible.rows[index + 1]);
  }

  #outward() {
    const open = this.#visible.hasChildren(this.cursor) && !this.#visible.collapsed[this.cursor];
    if (open) this.toggle(this.cursor, true);
    else if (this.#visible.isAlike(this.cursor) && !this.#visible.alike(this.cursor)) this.#fold(this.cursor);
    else if (this.#trace.parent[this.cursor] >= 0) this.moveTo(this.#trace.parent[this.cursor]);
  }

  /** Ctrl and wheel zooms around the pointer; sideways pans. */
  #wheel(event) {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || (event.shiftKey && event.deltaY);
    if (event.ctrlKey || event.metaKey) {
      const { left, width } = this.axis.getBoundingClientRect();
      const share = Math.max(0, Math.min(1, (event.clientX - left) / width));
      const { from, to } = this.#range;
      this.#range.zoom(event.deltaY > 0 ? 1.25 : 0.8, from + share * (to - from));
    } else if (sideways && !this.#range.isWhole) this.#range.pan((event.deltaX || event.deltaY) / this.width);
    else return;
    event.preventDefault();
    this.#on.range();
  }

  #measureWidth() {
    this.width = this.axis.clientWidth || 600;
    this.room = this.width + (parseFloat(getComputedStyle(this.axis).marginRight) || 0) - 8;
    this.left = this.axis.getBoundingClientRect().left + this.axis.clientLeft - this.rows.getBoundingClientRect().left;
    const names = this.heading.parentNode.clientWidth || 400;
    this.levels = Math.max(3, Math.floor((names - NAME_SPACE) / INDENT));
  }

  #drawAxis() {
    const { from, to, begin } = this.#range;
    const scale = this.width / (to - from);
    const { step, ticks } = this.#range.ticks(this.width);
    const shown = ticks.map((tick) => ({ tick, x: (begin + tick - from) * scale })).filter(({ x }) => x < this.width - 40);
    this.axis.replaceChildren(...shown.map(({ tick, x }) => {
      const label = el('span', {}, formatTick(tick, step));
      label.style.left = `${x - 1}px`;
      return label;
    }));
    const lines = shown.filter(({ x }) => x >= 1)
      .map(({ x }) => `linear-gradient(var(--line), var(--line)) ${this.left + x}px 0 / 1px 100% no-repeat`);
    lines.push(`linear-gradient(var(--line), var(--line)) ${this.left - 1}px 0 / 1px 100% no-repeat`);
    this.rows.style.setProperty('--ticks', lines.join(', '));
  }

  /** Rows deep in the tree are shifted left together, so that their names stay visible. */
  #measure(first, last) {
    const { depth } = this.#trace;
    let least = Infinity;
    let most = 0;
    for (let index = first; index < last; index++) {
      const level = depth[this.#visible.rows[index]];
      least = Math.min(least, level);
      most = Math.max(most, level);
    }
    const base = Math.max(0, Math.min(least, most - this.levels));
    if (base === this.baseLevel || first >= last) return false;
    this.baseLevel = base;
    this.heading.textContent = base ? `Levels ${formatCount(base + 1)}+` : 'Span';
    return true;
  }
}
