import { el, perFrame } from './dom.js';
import { formatClock, formatDate } from './format.js';
import { inkOf, onThemeChange } from './palette.js';
import { roundMoments } from './round-moments.js';

const LEFT = 60;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 22;
/** The least distance between two labels. */
const LABEL_GAP = 6;
const DAY_MICROS = 86400e6;

/**
 * A canvas with a time axis, redrawn when its size or the theme changes: `paint(context, area)` draws
 * within the axes' area. A tip is shown beside the pointer.
 */
export class Plot {
  #paint;

  constructor(label, paint, signal) {
    this.#paint = paint;
    this.canvas = el('canvas', { role: 'img', 'aria-label': label });
    this.tip = el('div.tip', { hidden: true });
    this.node = el('div.canvas', {}, this.canvas, this.tip);
    this.node.addEventListener('pointerleave', () => this.say(null));
    onThemeChange(() => this.draw(), signal);
    const observer = new ResizeObserver(perFrame(() => this.draw()));
    observer.observe(this.node);
    signal.addEventListener('abort', () => observer.disconnect());
  }

  get area() {
    const { clientWidth, clientHeight } = this.node;
    return { left: LEFT, top: TOP, width: Math.max(1, clientWidth - LEFT - RIGHT), height: Math.max(1, clientHeight - TOP - BOTTOM) };
  }

  /** The position of a pointer event as fractions of the area; less than 0 or more than 1 is outside. */
  place({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const { area } = this;
    return { x: (clientX - left - area.left) / area.width, y: (clientY - top - area.top) / area.height };
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!width || !height) return;
    this.canvas.width = width * devicePixelRatio;
    this.canvas.height = height * devicePixelRatio;
    const context = this.canvas.getContext('2d');
    context.scale(devicePixelRatio, devicePixelRatio);
    context.font = `12px ${getComputedStyle(this.node).fontFamily}`;
    this.#paint(context, this.area);
  }

  /** Shows the tip beside a point of the canvas; `null` hides it. */
  say(contents, x = 0, y = 0) {
    this.tip.hidden = contents === null;
    if (contents === null) return;
    this.tip.replaceChildren(...contents);
    const { clientWidth: width, clientHeight: height } = this.node;
    const isRight = x > width / 2;
    this.tip.style.left = isRight ? 'auto' : `${x + 14}px`;
    this.tip.style.right = isRight ? `${width - x + 14}px` : 'auto';
    this.tip.style.top = `${Math.max(0, Math.min(y, height - this.tip.offsetHeight - 4))}px`;
  }
}

/** Draws round times below the area, with a line at each; `from` and `to` are microseconds since 1970. */
export function drawTimes(context, { left, top, width, height }, from, to, x = (moment) => left + ((moment - from) / (to - from)) * width) {
  context.textAlign = 'center';
  const { step, moments } = roundMoments(from, to, Math.max(3, Math.min(6, Math.floor(width / 80))));
  let day = '';
  const labels = moments.map((moment) => {
    const date = new Date(moment / 1000);
    const text = labelOf(date, step, day);
    day = formatDate(date);
    const half = context.measureText(text).width / 2;
    const at = Math.max(left + half, Math.min(x(moment), left + width - half));
    return { text, at, half, line: Math.round(x(moment)) };
  });
  context.fillStyle = inkOf('--line');
  for (const { line } of labels) context.fillRect(line, top, 1, height);
  context.fillStyle = inkOf('--text-3');
  for (const { text, at } of apart(labels)) context.fillText(text, at, top + height + 16);
}

/** Leaves out labels that would touch others. That of a new day, which is longer, takes precedence. */
function apart(labels) {
  const kept = [];
  for (const label of [...labels].sort((a, b) => b.half - a.half)) {
    if (kept.every(({ at, half }) => Math.abs(at - label.at) >= half + label.half + LABEL_GAP)) kept.push(label);
  }
  return kept;
}

/** Draws a line across the area, with its label, which is made as narrow as it must be. */
export function drawLevel(context, { left, width }, y, label) {
  context.textAlign = 'right';
  context.fillStyle = inkOf('--line');
  context.fillRect(left, Math.round(y), width, 1);
  context.fillStyle = inkOf('--text-3');
  context.fillText(label, left - 8, y + 4, left - 10);
}

/** Labels days by their date, and shorter steps by the time, to the second if steps are that short. */
function labelOf(date, step, previousDay) {
  if (step >= DAY_MICROS) return formatDate(date);
  const clock = step >= 60e6 ? formatClock(date).slice(0, 5) : formatClock(date);
  return formatDate(date) === previousDay || previousDay === '' ? clock : `${formatDate(date)} ${clock}`;
}
