import { el } from './dom.js';
import { formatDuration, formatTime, named, plural } from './format.js';
import { rgbOf } from './palette.js';
import { drawLevel, drawTimes, Plot } from './plot.js';
import { navigate, traceUrl } from './route.js';

const REACH = 12;
/** The distance of outer dots from the edge. */
const MARGIN = 8;

/** The found traces as dots: the start, and on a logarithmic scale the duration. */
export class Scatter {
  #traces = [];
  #dots = [];
  #over = null;
  #plot;

  constructor(signal) {
    this.#plot = new Plot('Traces by start and duration; the list below has the same', (context, area) => this.#paint(context, area), signal);
    this.node = el('div.scatter', {}, this.#plot.node);
    const { canvas } = this.#plot;
    canvas.addEventListener('pointermove', (event) => this.#point(event));
    canvas.addEventListener('click', () => this.#over && navigate(traceUrl(this.#over.trace.id)));
  }

  set(traces) {
    // A trace without a start has no position.
    this.#traces = traces.filter(({ begin }) => begin > 0);
    this.node.hidden = this.#traces.length === 0;
    this.#plot.draw();
  }

  #paint(context, area) {
    if (this.#traces.length === 0) return;
    this.#drawDots(context, this.#timeScale(context, area), this.#durationScale(context, area));
  }

  #timeScale(context, area) {
    const begins = this.#traces.map(({ begin }) => begin);
    const least = Math.min(...begins);
    const most = Math.max(...begins, least + 1e6);
    const x = (begin) => area.left + MARGIN + ((begin - least) / (most - least)) * (area.width - 2 * MARGIN);
    drawTimes(context, area, least, most, x);
    return x;
  }

  #durationScale(context, area) {
    const logs = this.#traces.map(logOf);
    const least = Math.floor(Math.min(...logs));
    const most = Math.max(Math.ceil(Math.max(...logs)), least + 1);
    const y = (log) => area.top + area.height - ((log - least) / (most - least)) * area.height;
    const step = Math.ceil((most - least) / 4);
    for (let log = least; log <= most; log += step) drawLevel(context, area, y(log), formatDuration(10 ** log));
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
    const { left, top } = this.#plot.canvas.getBoundingClientRect();
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
    this.#plot.canvas.style.cursor = nearest ? 'pointer' : 'default';
    this.#plot.say(nearest && wordsOf(nearest.trace), nearest?.x, nearest?.y);
  }
}

const wordsOf = (trace) => [
  el('strong', {}, `${trace.service.slice(0, 60)}: ${named(trace.name, '(no name)').slice(0, 80)}`), el('br'),
  `${formatDuration(trace.duration)}, ${plural(trace.spans, 'span')}, ${plural(trace.errors, 'error')}`, el('br'), formatTime(trace.begin),
];

/** The duration on the scale; less than a nanosecond counts as a nanosecond. */
const logOf = ({ duration }) => Math.log10(Math.max(1e-3, duration));
