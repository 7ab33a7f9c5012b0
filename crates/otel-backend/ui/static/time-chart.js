import { dragSpan } from './drag.js';
import { el } from './dom.js';
import { formatMoment } from './format.js';
import { inkOf } from './palette.js';
import { drawLevel, drawTimes, Plot } from './plot.js';

/** A round number that is no less: 1, 2 or 5 times a power of ten. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= value * (1 - 1e-9)) ?? value;
}

/**
 * Values over time, as bars or as lines. A series is `{ name, colour, values }`, `colour` being a
 * property of base.css; bars stand before each other. A stretch that is dragged over is handed to
 * `picked(from, to)`, in seconds.
 */
export class TimeChart {
  #plot;
  #isBars;
  #format;
  #window = { from: 0, to: 1, step: 1 };
  #series = [];

  constructor({ title, bars = false, format, picked }, signal) {
    this.#isBars = bars;
    this.#format = format;
    this.#plot = new Plot(title, (context, area) => this.#paint(context, area), signal);
    this.legend = el('span.key');
    const reach = el('div.reach');
    dragSpan(reach, (from, to) => picked(this.#moment(Math.floor(from * this.#count)), this.#moment(Math.ceil(to * this.#count))));
    reach.addEventListener('pointermove', (event) => this.#point(event));
    this.#plot.node.append(reach);
    this.node = el('section.time-chart', { 'aria-label': title }, el('h2', {}, title, this.legend), this.#plot.node);
  }

  set(window, series) {
    this.#window = window;
    this.#series = series;
    this.legend.replaceChildren(...series.map(({ name, colour, said }) => el('span', {}, el('i.dot', { '--c': `var(${colour})` }), `${name}${said ? ` ${said}` : ''}`)));
    this.#plot.canvas.setAttribute('aria-label', `${this.node.getAttribute('aria-label')}: ${series.map(({ name, said }) => `${name} ${said ?? ''}`).join(', ')}`);
    this.#plot.draw();
  }

  get #count() {
    return Math.max(1, this.#series[0]?.values.length ?? 1);
  }

  #moment(column) {
    return this.#window.from + column * this.#window.step;
  }

  #paint(context, area) {
    drawTimes(context, area, this.#window.from * 1e6, this.#window.to * 1e6);
    const most = roundUp(Math.max(...this.#series.flatMap(({ values }) => values.map((value) => value ?? 0)), 0) || 1);
    for (const level of [0, most / 2, most]) drawLevel(context, area, this.#height(area, level / most), this.#format(level));
    for (const series of this.#series) {
      context.fillStyle = context.strokeStyle = inkOf(series.colour);
      if (this.#isBars) this.#paintBars(context, area, series.values, most);
      else this.#paintLine(context, area, series.values, most);
    }
  }

  #height = ({ top, height }, share) => top + height * (1 - share);

  #paintBars(context, area, values, most) {
    const wide = area.width / values.length;
    for (const [at, value] of values.entries()) {
      if (!value) continue;
      const top = Math.min(this.#height(area, value / most), area.top + area.height - 1);
      context.fillRect(area.left + at * wide, top, Math.max(1, wide - 1), area.top + area.height - top);
    }
  }

  /** A step without a span interrupts the line; one alone is a dot. */
  #paintLine(context, area, values, most) {
    const wide = area.width / values.length;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [at, value] of values.entries()) {
      if (value === null) continue;
      const [x, y] = [area.left + (at + 0.5) * wide, this.#height(area, value / most)];
      if (values[at - 1] == null) context.moveTo(x, y);
      else context.lineTo(x, y);
      if (values[at - 1] == null && values[at + 1] == null) context.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
    context.stroke();
  }

  #point(event) {
    const { x } = this.#plot.place(event);
    const at = Math.max(0, Math.min(this.#count - 1, Math.floor(x * this.#count)));
    const lines = this.#series.filter(({ values }) => values[at] != null).map(({ name, values }) => el('div', {}, `${name}: ${this.#format(values[at])}`));
    const { left, top } = this.#plot.canvas.getBoundingClientRect();
    this.#plot.say([el('strong', {}, formatMoment(this.#moment(at) * 1e6)), ...lines], event.clientX - left, event.clientY - top);
  }
}
