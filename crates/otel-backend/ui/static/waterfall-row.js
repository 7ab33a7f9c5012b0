import { ERROR } from './columns.js';
import { el } from './dom.js';
import { formatCount, formatDuration } from './format.js';
import { cssColour } from './palette.js';
import { describe, hasFlag, isOdd, kindOf, operationOf, serviceOf } from './span-text.js';

/** Pieces drawn of one row's critical path, and events; these so many pixels apart. */
const MAX_MARKS = 160;
const EVENT_PIXELS = 7;

/** A call that comes in, one that goes out, and the same for messages. */
const KIND_SIGNS = { server: '↘', client: '↗', producer: '⇢', consumer: '⇠' };

/** Draws one row of the waterfall: what it is at the left, when it ran at the right. */
export class RowPainter {
  #waterfall;
  #trace;
  #visible;
  #range;
  #notes;

  /** `waterfall` says where things lie, what is selected and what was found. */
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
    node.row = row;
    node.id = `row-${row}`;
    node.className = this.#classes(row);
    node.style.setProperty('--c', cssColour(trace.colours[service[row]]));
    this.#renderRoles(node, row);
    const { name, operation, serviceName, kind } = node.parts;
    const indent = Math.min(trace.depth[row] - this.#waterfall.baseLevel, this.#waterfall.levels) * indentation;
    name.style.paddingLeft = `${indent}px`;
    name.style.setProperty('--indent', `${indent}px`);
    const hidden = this.#visible.collapsed[row] ? `+${formatCount(trace.last[row] - row - 1)}` : '';
    name.setAttribute('data-hidden', hidden);
    operation.textContent = operationOf(trace, row).slice(0, 300);
    // The name of the service is said where it changes; the colour says it everywhere.
    const isNew = parent[row] < 0 || service[parent[row]] !== service[row];
    serviceName.textContent = isNew ? serviceOf(trace, row).slice(0, 200) : '';
    const kindName = kindOf(trace, row);
    kind.textContent = KIND_SIGNS[kindName] ?? '';
    kind.title = kindName;
    this.#renderTime(node, row);
  }

  #classes(row) {
    const { passing } = this.#visible;
    const names = ['row'];
    if (hasFlag(this.#trace, row, ERROR)) names.push('flagged', 'error');
    else if (isOdd(this.#trace, row)) names.push('flagged');
    if (row === this.#waterfall.selected) names.push('selected');
    if (row === this.#waterfall.cursor) names.push('cursor');
    if (this.#waterfall.matches.has(row)) names.push(row === this.#waterfall.currentMatch ? 'current' : 'matched');
    if (passing && passing[row] === 1) names.push('dim');
    return names.join(' ');
  }

  #renderRoles(node, row) {
    node.setAttribute('aria-level', this.#trace.depth[row] + 1);
    node.setAttribute('aria-selected', row === this.#waterfall.selected);
    node.setAttribute('aria-label', describe(this.#trace, row).slice(0, 400));
    if (this.#visible.hasChildren(row)) node.setAttribute('aria-expanded', !this.#visible.collapsed[row]);
    else node.removeAttribute('aria-expanded');
  }

  #renderTime(node, row) {
    const { bar, duration: label, note } = node.parts;
    const { start, duration } = this.#trace;
    const { from, to } = this.#range;
    const scale = this.#waterfall.width / (to - from);
    const length = Math.max(0, duration[row]);
    // A bar ends where the view ends, so that its duration stands beside it.
    const left = Math.max(0, (start[row] - from) * scale);
    const right = Math.min((start[row] + length - from) * scale, this.#waterfall.width);
    bar.hidden = left > this.#waterfall.width || right < 0;
    node.style.setProperty('--events', bar.hidden ? 'none' : this.#events(row, scale));
    if (bar.hidden) return;
    bar.style.left = `${this.#waterfall.left + left}px`;
    bar.style.width = `${Math.max(right - left, 2)}px`;
    label.textContent = formatDuration(duration[row]);
    note.textContent = this.#notes.of(row);
    bar.style.setProperty('--path', this.#path(row, left, scale));
  }

  /** The row's part of the critical path, as a line below its bar. */
  #path(row, left, scale) {
    const { pathFrom, pathStart, pathEnd } = this.#trace;
    const { from } = this.#range;
    const pieces = [];
    for (let j = pathFrom[row]; j < pathFrom[row + 1] && pieces.length < MAX_MARKS; j++) {
      const x = Math.max((pathStart[j] - from) * scale, 0);
      const end = Math.min((pathEnd[j] - from) * scale, this.#waterfall.width);
      if (end < 0 || x > this.#waterfall.width) continue;
      const width = Math.max(end - x, 1).toFixed(1);
      pieces.push(`linear-gradient(var(--text), var(--text)) ${(x - left).toFixed(1)}px 100% / ${width}px 2px no-repeat`);
    }
    return pieces.join(', ') || 'none';
  }

  #events(row, scale) {
    const { eventsFrom, eventTime } = this.#trace;
    const marks = [];
    let previous = -EVENT_PIXELS;
    for (let e = eventsFrom[row]; e < eventsFrom[row + 1] && marks.length < MAX_MARKS; e++) {
      const x = Math.round((eventTime[e] - this.#range.from) * scale);
      if (x < 0 || x > this.#waterfall.width || x - previous < EVENT_PIXELS) continue;
      previous = x;
      marks.push(`radial-gradient(circle closest-side, var(--text) 50%, var(--ground) 60% 95%, transparent) ${this.#waterfall.left + x - 4}px calc(var(--middle) - 4px) / 8px 8px no-repeat`);
    }
    return marks.join(', ') || 'none';
  }
}

/** An empty row. */
export function createRow() {
  const toggle = el('button.toggle', { type: 'button', tabindex: -1, 'aria-hidden': true });
  const operation = el('span.operation');
  const serviceName = el('span.service');
  const kind = el('span.kind');
  const name = el('div.name', {}, toggle, operation, serviceName, kind);
  const duration = el('span.duration');
  const note = el('span.note');
  const bar = el('span.bar', {}, el('span.beside', {}, duration, note));
  const node = el('div.row', { role: 'treeitem' }, name, bar);
  node.parts = { name, operation, serviceName, kind, bar, duration, note };
  return node;
}
