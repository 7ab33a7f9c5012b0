import { ERROR } from './columns.js';
import { el } from './dom.js';
import { formatCount, formatDuration } from './format.js';
import { cssColour } from './palette.js';
import { durationOf, hasFlag, isOdd, kindOf, operationOf, serviceOf, unwritten } from './span-text.js';

/**
 * The most pieces of a critical path, and the most events, that are drawn for a row; and their
 * smallest distance in pixels.
 */
const MAX_MARKS = 160;
const EVENT_PIXELS = 7;
/** The most similar rows that are drawn as pieces of one bar. */
const MAX_PIECES = 2000;
/** The smallest width of a label beside a bar, and with a note. */
const LABEL_PIXELS = 70;
const NOTE_PIXELS = 220;

/** The symbols of kinds: an incoming call, an outgoing one, and the same for messages. */
const KIND_SIGNS = { server: '↘', client: '↗', producer: '⇢', consumer: '⇠' };

/** Draws one row of the waterfall: the description at the left, the time at the right. */
export class RowPainter {
  #waterfall;
  #trace;
  #visible;
  #range;
  #notes;

  /** `waterfall` gives positions, the selection and the matches. */
  constructor(waterfall, trace, visible, range, notes) {
    this.#waterfall = waterfall;
    this.#trace = trace;
    this.#visible = visible;
    this.#range = range;
    this.#notes = notes;
  }

  paint(node, row, indentation) {
    const trace = this.#trace;
    const { parent, service } = trace;
    const alike = this.#visible.alike(row);
    node.row = row;
    node.id = `row-${row}`;
    node.className = this.#classes(row, alike);
    node.style.setProperty('--c', cssColour(trace.colours[service[row]]));
    this.#renderRoles(node, row, alike);
    const { name, operation, serviceName, kind } = node.parts;
    const indent = Math.min(trace.depth[row] - this.#waterfall.baseLevel, this.#waterfall.levels) * indentation;
    name.style.paddingLeft = `${indent}px`;
    name.style.setProperty('--indent', `${indent}px`);
    const hidden = this.#visible.collapsed[row] ? `+${formatCount(trace.last[row] - row - 1)}` : '';
    name.setAttribute('data-hidden', alike ? `×${formatCount(alike.length)}` : hidden);
    operation.textContent = operationOf(trace, row).slice(0, 300);
    // The service's name is shown where it changes; the colour shows it everywhere.
    const isNew = parent[row] < 0 || service[parent[row]] !== service[row];
    serviceName.textContent = isNew ? serviceOf(trace, row).slice(0, 200) : '';
    const kindName = kindOf(trace, row);
    kind.textContent = KIND_SIGNS[kindName] ?? '';
    kind.title = kindName;
    if (alike) this.#renderAlike(node, row, alike);
    else this.#renderTime(node, row);
    node.setAttribute('aria-label', this.#label(node, row, alike));
  }

  /** The name of a row for screen readers begins with the texts that the row shows, in their order. */
  #label({ parts: { operation, serviceName, bar, duration, note } }, row, alike) {
    const shown = [operation, serviceName, ...(bar.hidden ? [] : [duration, note])].map(({ textContent }) => textContent);
    const hidden = [
      !serviceName.textContent && serviceOf(this.#trace, row).slice(0, 200),
      bar.hidden && durationOf(this.#trace, row),
      kindOf(this.#trace, row),
      ...unwritten(this.#trace, row),
      alike && `${formatCount(alike.length)} similar spans`,
    ];
    return [...shown, ...hidden].filter(Boolean).join(', ');
  }

  #classes(row, alike) {
    const { passing } = this.#visible;
    const { matches, currentMatch } = this.#waterfall;
    const names = ['row'];
    if (alike) names.push('alike');
    if (hasFlag(this.#trace, row, ERROR)) names.push('flagged', 'error');
    else if (isOdd(this.#trace, row)) names.push('flagged');
    if (row === this.#waterfall.selected) names.push('selected');
    if (row === this.#waterfall.cursor) names.push('cursor');
    if (row === currentMatch) names.push('current');
    else if (alike ? matches.size && alike.some((other) => matches.has(other)) : matches.has(row)) names.push('matched');
    if (passing && passing[row] === 1) names.push('dim');
    return names.join(' ');
  }

  #renderRoles(node, row, alike) {
    node.setAttribute('aria-level', this.#trace.depth[row] + 1);
    node.setAttribute('aria-selected', row === this.#waterfall.selected);
    if (alike) node.setAttribute('aria-expanded', false);
    else if (this.#visible.hasChildren(row)) node.setAttribute('aria-expanded', !this.#visible.collapsed[row]);
    else node.removeAttribute('aria-expanded');
  }

  #renderTime(node, row) {
    const { bar, duration: label, note } = node.parts;
    const { start, duration } = this.#trace;
    const { from, to } = this.#range;
    const { width } = this.#waterfall;
    const scale = width / (to - from);
    const length = Math.max(0, duration[row]);
    // A bar ends where the visible part ends, so that its duration is beside it.
    const left = Math.max(0, (start[row] - from) * scale);
    const right = Math.min((start[row] + length - from) * scale, width);
    const said = this.#notes.of(row);
    node.title = this.#hint(row, said);
    bar.hidden = left > width || right < 0;
    node.style.setProperty('--events', bar.hidden ? 'none' : this.#events(row, scale));
    if (bar.hidden) return;
    bar.style.left = `${this.#waterfall.left + left}px`;
    bar.style.width = `${Math.max(right - left, 2)}px`;
    bar.style.removeProperty('--pieces');
    label.textContent = durationOf(this.#trace, row);
    note.textContent = said;
    this.#placeLabel(node, left, right, this.#lastEvent(row, right, scale));
    bar.style.setProperty('--path', this.#path(row, left, scale));
  }

  /** Draws one line for all similar rows: each as a piece of the bar, and the sum of their durations. */
  #renderAlike(node, row, alike) {
    const { bar, duration: label, note } = node.parts;
    const { start, duration } = this.#trace;
    const { from, to } = this.#range;
    const { width } = this.#waterfall;
    const scale = width / (to - from);
    const sum = alike.reduce((total, other) => total + Math.max(0, duration[other]), 0);
    const x = (moment) => Math.max(0, Math.min((moment - from) * scale, width));
    const left = x(start[row]);
    const right = alike.reduce((most, other) => Math.max(most, x(start[other] + Math.max(0, duration[other]))), 0);
    const said = this.#notes.ofMany(row);
    node.title = `${alike.length} × ${operationOf(this.#trace, row).slice(0, 200)}\n${formatDuration(sum)} in all, ${formatDuration(sum / alike.length)} each${said && `\n${said}`}\nArrow right or the sign before the name shows all`;
    bar.hidden = right <= 0 || left >= width;
    node.style.setProperty('--events', 'none');
    if (bar.hidden) return;
    bar.style.left = `${this.#waterfall.left + left}px`;
    bar.style.width = `${Math.max(right - left, 2)}px`;
    bar.style.setProperty('--path', 'none');
    const some = alike.length > MAX_PIECES ? alike.filter((_, at) => at % Math.ceil(alike.length / MAX_PIECES) === 0) : alike;
    bar.style.setProperty('--pieces', pieces(some.map((other) => [x(start[other]) - left, x(start[other] + Math.max(0, duration[other])) - left])));
    label.textContent = `${formatDuration(sum)} in ${formatCount(alike.length)}`;
    note.textContent = said;
    this.#placeLabel(node, left, right, right);
  }

  /** The label is to the right of its bar, to the left, or on it, wherever there is room. */
  #placeLabel(node, left, right, after) {
    const { beside, note } = node.parts;
    const space = this.#waterfall.room - after;
    const wanted = note.textContent ? NOTE_PIXELS : LABEL_PIXELS;
    const place = placeOf({ wanted, right: space, left, within: note.textContent ? right - left : 0 });
    beside.dataset.at = place;
    beside.style.marginLeft = place === 'right' ? `${Math.max(0, after - Math.max(right, left + 2))}px` : '';
    beside.style.maxWidth = `${Math.max(40, Math.floor(place === 'right' ? space : place === 'left' ? left : right - left - 8))}px`;
  }

  /** The tooltip of a row. */
  #hint(row, said) {
    const trace = this.#trace;
    const after = trace.start[row] - trace.begin;
    return [
      operationOf(trace, row).slice(0, 300),
      [serviceOf(trace, row).slice(0, 100), kindOf(trace, row)].filter(Boolean).join(', '),
      `${durationOf(trace, row)}, starts at ${formatDuration(after)}`,
      said,
    ].filter(Boolean).join('\n');
  }

  /** The row's part of the critical path, as a line below its bar. */
  #path(row, left, scale) {
    const { pathFrom, pathStart, pathEnd } = this.#trace;
    const { from } = this.#range;
    const found = [];
    for (let j = pathFrom[row]; j < pathFrom[row + 1] && found.length < MAX_MARKS; j++) {
      const x = Math.max((pathStart[j] - from) * scale, 0);
      const end = Math.min((pathEnd[j] - from) * scale, this.#waterfall.width);
      if (end < 0 || x > this.#waterfall.width) continue;
      const width = Math.max(end - x, 1).toFixed(1);
      found.push(`linear-gradient(var(--text), var(--text)) ${(x - left).toFixed(1)}px 100% / ${width}px 2px no-repeat`);
    }
    return found.join(', ') || 'none';
  }

  #events(row, scale) {
    const { eventsFrom, eventTime } = this.#trace;
    const marks = [];
    let previous = -EVENT_PIXELS;
    for (let e = eventsFrom[row]; e < eventsFrom[row + 1] && marks.length < MAX_MARKS; e++) {
      const x = Math.round((eventTime[e] - this.#range.from) * scale);
      if (!(x >= 0 && x <= this.#waterfall.width) || x - previous < EVENT_PIXELS) continue;
      previous = x;
      marks.push(`radial-gradient(circle closest-side, var(--text) 50%, var(--ground) 60% 95%, transparent) ${this.#waterfall.left + x - 4}px calc(var(--middle) - 4px) / 8px 8px no-repeat`);
    }
    return [...marks, ...this.#logs(row, scale)].join(', ') || 'none';
  }

  /** Draws log records as squares; events are dots. */
  #logs(row, scale) {
    const marks = [];
    let previous = -EVENT_PIXELS;
    for (const moment of this.#waterfall.logs.get(row) ?? []) {
      const x = Math.round((moment - this.#range.from) * scale);
      if (!(x >= 0 && x <= this.#waterfall.width) || x - previous < EVENT_PIXELS || marks.length === MAX_MARKS) continue;
      previous = x;
      marks.push(`conic-gradient(var(--text) 0 0) ${this.#waterfall.left + x - 2}px calc(var(--middle) - 2px) / 5px 5px no-repeat`);
    }
    return marks;
  }

  /** The position where the label can begin without covering an event after the end of the bar. */
  #lastEvent(row, right, scale) {
    const { eventsFrom, eventTime } = this.#trace;
    let last = right;
    for (let e = eventsFrom[row]; e < Math.min(eventsFrom[row + 1], eventsFrom[row] + MAX_MARKS); e++) {
      const x = (eventTime[e] - this.#range.from) * scale;
      if (x > right - 4 && x < last + LABEL_PIXELS) last = Math.max(last, x + 4);
    }
    return Math.min(last, this.#waterfall.width);
  }
}

/** The position of a label of that width, given the free space at each position. */
function placeOf({ wanted, ...free }) {
  const places = ['right', 'left', 'within'];
  const most = places.reduce((best, place) => (free[place] > free[best] ? place : best));
  return places.find((place) => free[place] >= wanted) ?? most;
}

/**
 * Draws ranges `[from, to]` as one background; if they are too many or too near to each other, they
 * are joined.
 */
function pieces(stretches) {
  const joined = [];
  for (const [from, to] of stretches.sort((a, b) => a[0] - b[0])) {
    const previous = joined[joined.length - 1];
    if (previous && (from - previous[1] < 1 || joined.length >= MAX_MARKS)) previous[1] = Math.max(previous[1], to);
    else joined.push([from, Math.max(to, from + 1)]);
  }
  return joined.map(([from, to]) => `linear-gradient(var(--c), var(--c)) ${from.toFixed(1)}px 0 / ${(to - from).toFixed(1)}px 100% no-repeat`).join(', ');
}

/** An empty row; the spaces keep its words apart where its text is read or copied. */
export function createRow() {
  const toggle = el('button.toggle', { type: 'button', tabindex: -1, 'aria-hidden': true });
  const operation = el('span.operation');
  const serviceName = el('span.service');
  const kind = el('span.kind');
  const name = el('div.name', {}, toggle, operation, ' ', serviceName, ' ', kind);
  const duration = el('span.duration');
  const note = el('span.note');
  const beside = el('span.beside', {}, duration, ' ', note);
  const bar = el('span.bar', {}, beside);
  const node = el('div.row', { role: 'treeitem' }, name, ' ', bar);
  node.parts = { name, operation, serviceName, kind, bar, beside, duration, note };
  return node;
}
