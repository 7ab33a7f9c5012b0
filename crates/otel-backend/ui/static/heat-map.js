import { el } from './dom.js';
import { formatCount, formatDuration, formatMoment } from './format.js';
import { inkOf, rgbOf } from './palette.js';
import { drawLevel, drawTimes, Plot } from './plot.js';
import { popUp } from './popup.js';

/** The opacity of a cell with one span; the fullest cell has 1. */
const FAINTEST = 0.16;

/**
 * The number of spans by time and duration: a column for each step of a window, a row for each power
 * of two of the duration. A region is selected with the pointer, or with the arrow keys, Shift and
 * Enter.
 */
export class HeatMap {
  #plot;
  #window = { from: 0, to: 1, step: 1 };
  /**
   * `{ bound, values }`, shortest durations first; `bound` is the longest duration of a row, in
   * seconds.
   */
  #rows = [];
  #most = 1;
  /** Two corners of the region: its start, and the position of the pointer or the keyboard. */
  #corner = null;
  #cursor = null;
  #isDragged = false;
  #choices;

  /** `choices(region)` returns the menu items for a region, in the form for `popUp`. */
  constructor(choices, signal) {
    this.#choices = choices;
    this.#plot = new Plot('Durations over time', (context, area) => this.#paint(context, area), signal);
    this.band = el('div.region', { hidden: true });
    this.menu = el('button.region-menu', { type: 'button', hidden: true, 'aria-haspopup': 'menu', onclick: () => this.#offer() }, 'Region…');
    this.said = el('p.unseen', { role: 'status' });
    this.node = el('section.time-chart.heat', { 'aria-label': 'Heat map' }, el('h2', {}, 'Durations'), this.#makeFocusable(), this.said);
  }

  #makeFocusable() {
    const { node, canvas } = this.#plot;
    const focusable = el('div.heat-keys', {
      tabindex: 0, role: 'application', 'aria-roledescription': 'heat map',
      'aria-label': 'Durations over time. Arrow keys move, with Shift they choose a region, Enter says what can be done with it.',
      onkeydown: (event) => this.#key(event),
    }, node, this.band, this.menu);
    canvas.addEventListener('pointerdown', (event) => this.#begin(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', () => this.#end());
    canvas.addEventListener('pointercancel', () => this.clear());
    return focusable;
  }

  /** Shows `{ bound, values }` of each row with a span. */
  set(window, rows) {
    this.#window = window;
    const columns = Math.round((window.to - window.from) / window.step);
    const known = new Map(rows.map(({ bound, values }) => [Math.round(Math.log2(bound * 1e9)), values]));
    const powers = [...known.keys()];
    const least = Math.min(...powers);
    this.#rows = powers.length === 0 ? [] : Array.from({ length: Math.max(...powers) - least + 1 }, (_, at) => ({
      bound: 2 ** (least + at) / 1e9, values: known.get(least + at) ?? Array(columns).fill(0),
    }));
    this.#most = Math.max(1, ...this.#rows.map(({ values }) => Math.max(...values)));
    this.clear();
    this.#plot.draw();
  }

  /** True while a region is being selected. */
  get isHeld() {
    return this.#cursor !== null;
  }

  clear() {
    this.#corner = this.#cursor = null;
    this.#isDragged = false;
    this.#showRegion();
  }

  get #columns() {
    return this.#rows[0]?.values.length ?? 0;
  }

  #paint(context, area) {
    const { from, to } = this.#window;
    drawTimes(context, area, from * 1e6, to * 1e6);
    const high = area.height / Math.max(1, this.#rows.length);
    const every = Math.ceil(18 / high);
    const colour = rgbOf('--s0').join(' ');
    const wide = area.width / Math.max(1, this.#columns);
    for (const [row, { bound, values }] of this.#rows.entries()) {
      const top = area.top + area.height - (row + 1) * high;
      if (row % every === 0) drawLevel(context, area, top, formatDuration(bound * 1e6));
      for (const [column, count] of values.entries()) {
        if (!count) continue;
        const strength = FAINTEST + ((1 - FAINTEST) * Math.log(count)) / Math.log(Math.max(2, this.#most));
        context.fillStyle = `rgb(${colour} / ${strength.toFixed(3)})`;
        context.fillRect(area.left + column * wide, top, Math.max(1, wide - 0.5), Math.max(1, high - 0.5));
      }
    }
    if (this.#rows.length === 0) {
      context.textAlign = 'center';
      context.fillStyle = inkOf('--text-3');
      context.fillText('No span matches', area.left + area.width / 2, area.top + area.height / 2);
    }
    this.#showRegion();
  }

  #cellAt(event) {
    const { x, y } = this.#plot.place(event);
    const within = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
    return { column: within(x, this.#columns), row: within(1 - y, this.#rows.length) };
  }

  #begin(event) {
    if (event.button !== 0 || this.#rows.length === 0) return;
    this.#plot.canvas.setPointerCapture(event.pointerId);
    this.#corner = this.#cursor = this.#cellAt(event);
    this.#isDragged = true;
    this.#showRegion();
  }

  #move(event) {
    if (this.#rows.length === 0) return;
    const cell = this.#cellAt(event);
    if (this.#isDragged) {
      this.#cursor = cell;
      this.#showRegion();
    }
    const { left, top } = this.#plot.canvas.getBoundingClientRect();
    this.#plot.say([this.#wordsOf(cell)], event.clientX - left, event.clientY - top);
  }

  #end() {
    if (!this.#isDragged) return;
    this.#isDragged = false;
    this.#plot.say(null);
    this.#showRegion();
    this.#offer();
  }

  #key(event) {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || this.#rows.length === 0) return;
    const [right, up] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [];
    if (right !== undefined) this.#step(right, up, event.shiftKey);
    else if (event.key === 'Enter' && this.#cursor) this.#offer();
    else if (event.key === 'Escape' && this.#cursor) this.clear();
    else return;
    event.preventDefault();
  }

  #step(right, up, extends_) {
    const start = { column: this.#columns - 1, row: this.#rows.length - 1 };
    const { column, row } = this.#cursor ?? { column: start.column - right, row: start.row - up };
    this.#cursor = {
      column: Math.max(0, Math.min(this.#columns - 1, column + right)), row: Math.max(0, Math.min(this.#rows.length - 1, row + up)),
    };
    if (!extends_ || !this.#corner) this.#corner = this.#cursor;
    this.said.textContent = this.#wordsOf(this.#cursor);
    this.#showRegion();
  }

  #wordsOf({ column, row }) {
    const { from, step } = this.#window;
    const [begin, { bound, values }] = [from + column * step, this.#rows[row]];
    const count = values[column] ?? 0;
    return `${formatCount(count)} ${count === 1 ? 'span' : 'spans'} of ${formatDuration(bound * 0.5e6)} to ${formatDuration(bound * 1e6)}, ${formatMoment(begin * 1e6)} to ${formatMoment((begin + step) * 1e6)}`;
  }

  /** `{ from, to }` in seconds since 1970, `{ least, most }` in microseconds, in whole cells. */
  get #region() {
    const columns = [this.#corner.column, this.#cursor.column].sort((a, b) => a - b);
    const rows = [this.#corner.row, this.#cursor.row].sort((a, b) => a - b);
    const { from, step } = this.#window;
    return {
      columns, rows, from: from + columns[0] * step, to: from + (columns[1] + 1) * step,
      least: this.#rows[rows[0]].bound * 0.5e6, most: this.#rows[rows[1]].bound * 1e6,
      isAllTime: columns[0] === 0 && columns[1] === this.#columns - 1,
      isAnyLong: rows[0] === 0 && rows[1] === this.#rows.length - 1,
    };
  }

  #showRegion() {
    const isThere = Boolean(this.#cursor) && this.#rows.length > 0;
    this.band.hidden = !isThere;
    this.menu.hidden = !isThere || this.#isDragged;
    if (!isThere) return;
    const { area } = this.#plot;
    const { columns, rows } = this.#region;
    const [wide, high] = [area.width / this.#columns, area.height / this.#rows.length];
    const [left, top] = [area.left + columns[0] * wide, area.top + area.height - (rows[1] + 1) * high];
    Object.assign(this.band.style, { left: `${left}px`, top: `${top}px`, width: `${(columns[1] - columns[0] + 1) * wide}px`, height: `${(rows[1] - rows[0] + 1) * high}px` });
    Object.assign(this.menu.style, { left: `${Math.min(left, area.left + area.width - 70)}px`, top: `${Math.max(0, top - 24)}px` });
  }

  #offer() {
    this.menu.hidden = false;
    popUp(this.menu, this.#choices(this.#region));
  }
}
