import { el, perFrame } from './dom.js';
import { formatClock, formatDate, formatDuration, formatTime, plural } from './format.js';
import { roundMoments } from './round-moments.js';
import { inkOf, onThemeChange, rgbOf } from './palette.js';
import { navigate, traceUrl } from './route.js';

const LEFT = 64;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 24;
const REACH = 12;

/** The traces found, as dots: when they began, and on a logarithmic scale how long they took. */
export class Scatter {
  #traces = [];
  #dots = [];
  #over = null;

  constructor(signal) {
    this.canvas = el('canvas', { role: 'img', 'aria-label': 'Traces by start and duration; the list below has the same' });
    this.tip = el('div.tip', { hidden: true });
    this.node = el('div.scatter', {}, this.canvas, this.tip);
    this.canvas.addEventListener('pointermove', (event) => this.#point(event));
    this.canvas.addEventListener('pointerleave', () => this.#leave());
    this.canvas.addEventListener('click', () => this.#over && navigate(traceUrl(this.#over.trace.id)));
    onThemeChange(() => this.draw(), signal);
    const observer = new ResizeObserver(perFrame(() => this.draw()));
    observer.observe(this.node);
    signal.addEventListener('abort', () => observer.disconnect());
  }

  set(traces) {
    // A trace without a start time has no place.
    this.#traces = traces.filter(({ begin }) => begin > 0);
    this.node.hidden = this.#traces.length === 0;
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!width || !height || this.#traces.length === 0) return;
    const ratio = devicePixelRatio;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const context = this.canvas.getContext('2d');
    context.scale(ratio, ratio);
    context.font = `12px ${getComputedStyle(this.node).fontFamily}`;
    const x = this.#timeScale(context, width, height);
    const y = this.#durationScale(context, width, height);
    this.#drawDots(context, x, y);
  }

  #timeScale(context, width, height) {
    const begins = this.#traces.map(({ begin }) => begin);
    const least = Math.min(...begins);
    const most = Math.max(...begins, least + 1e6);
    const x = (begin) => LEFT + 8 + ((begin - least) / (most - least)) * (width - LEFT - RIGHT - 16);
    context.textAlign = 'center';
    const { step, moments } = roundMoments(least, most, Math.max(2, Math.min(6, Math.floor((width - LEFT) / 160))));
    let day = '';
    for (const moment of moments) {
      const date = new Date(moment / 1000);
      const label = labelOf(date, step, day);
      day = formatDate(date);
      const half = context.measureText(label).width / 2;
      const at = Math.max(LEFT + half, Math.min(x(moment), width - RIGHT - half));
      context.fillStyle = inkOf('--text-3');
      context.fillText(label, at, height - 6);
      context.fillStyle = inkOf('--line');
      context.fillRect(Math.round(x(moment)), TOP, 1, height - TOP - BOTTOM);
    }
    return x;
  }

  #durationScale(context, width, height) {
    const logs = this.#traces.map(logOf);
    const least = Math.floor(Math.min(...logs));
    const most = Math.max(Math.ceil(Math.max(...logs)), least + 1);
    const y = (log) => height - BOTTOM - ((log - least) / (most - least)) * (height - TOP - BOTTOM);
    context.textAlign = 'right';
    const step = Math.ceil((most - least) / 4);
    for (let log = least; log <= most; log += step) {
      context.fillStyle = inkOf('--line');
      context.fillRect(LEFT, Math.round(y(log)), width - LEFT - RIGHT, 1);
      context.fillStyle = inkOf('--text-3');
      context.fillText(formatDuration(10 ** log), LEFT - 8, y(log) + 4);
    }
    return y;
  }

  #drawDots(context, x, y) {
    this.#dots = this.#traces.map((trace) => ({
      trace,
      x: x(trace.begin),
      y: y(logOf(trace)),
      radius: Math.min(11, 2.5 + Math.sqrt(trace.spans) / 4),
    }));
    for (const { trace, x: left, y: top, radius } of [...this.#dots].sort((a, b) => b.radius - a.radius)) {
      const colour = rgbOf(trace.errors ? '--error' : '--s0').join(' ');
      context.beginPath();
      context.arc(left, top, radius, 0, 2 * Math.PI);
      context.fillStyle = `rgb(${colour} / ${trace.errors ? 0.75 : 0.45})`;
      context.fill();
      context.strokeStyle = `rgb(${colour})`;
      context.stroke();
    }
  }

  #point(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    let nearest = null;
    let distance = Infinity;
    for (const dot of this.#dots) {
      const away = Math.max(0, Math.hypot(dot.x - x, dot.y - y) - dot.radius);
      if (away < distance && away <= REACH) {
        distance = away;
        nearest = dot;
      }
    }
    this.#over = nearest;
    this.canvas.style.cursor = nearest ? 'pointer' : 'default';
    this.tip.hidden = !nearest;
    if (!nearest) return;
    const { trace } = nearest;
    this.tip.replaceChildren(el('strong', {}, `${trace.service.slice(0, 60)}: ${trace.name.slice(0, 80) || '(no name)'}`), el('br'),
      `${formatDuration(trace.end - trace.begin)}, ${plural(trace.spans, 'span')}, ${plural(trace.errors, 'error')}`, el('br'), formatTime(trace.begin));
    const flip = nearest.x > this.node.clientWidth / 2;
    this.tip.style.left = flip ? 'auto' : `${nearest.x + 14}px`;
    this.tip.style.right = flip ? `${this.node.clientWidth - nearest.x + 14}px` : 'auto';
    this.tip.style.top = `${Math.min(nearest.y, this.node.clientHeight - 76)}px`;
  }

  #leave() {
    this.#over = null;
    this.tip.hidden = true;
  }
}

/** The duration on the scale; what takes less than a nanosecond takes none. */
const logOf = ({ begin, end }) => Math.log10(Math.max(1e-3, end - begin));

/** Days by their date, shorter steps by the clock, to the second where steps are so short. */
function labelOf(date, step, previousDay) {
  if (step >= 86400e6) return formatDate(date);
  const clock = step >= 60e6 ? formatClock(date).slice(0, 5) : formatClock(date);
  return formatDate(date) === previousDay || previousDay === '' ? clock : `${formatDate(date)} ${clock}`;
}
