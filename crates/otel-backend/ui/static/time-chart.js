import { dragSpan } from './drag.js';
import { el } from './dom.js';
import { formatMoment } from './format.js';
import { inkOf } from './palette.js';
import { drawLevel, drawTimes, Plot } from './plot.js';

/** The next round number: 1, 2 or 5 times a power of ten. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= value * (1 - 1e-9)) ?? value;
}

/**
 * Values over time, as bars or as lines. A series is `{ name, colour, values, said }`, `colour` being a
 * property of base.css; bars stand before each other. A step that is clicked, or a stretch that is
 * dragged over or marked with the keyboard, is handed to `picked(from, to)`, in seconds.
 */
export class TimeChart {
  #plot;
  #isBars;
  #format;
  #picked;
  #window = { from: 0, to: 1, step: 1 };
  #series = [];
  /** The steps at both ends of what is marked with the keyboard, which is at the second; -1 for none. */
  #corner = -1;
  #cursor = -1;

  constructor({ title, bars = false, format, picked }, signal) {
    this.#isBars = bars;
    this.#format = format;
    this.#picked = picked;
    this.#plot = new Plot(title, (context, area) => this.#paint(context, area), signal);
    this.legend = el('span.key');
    this.band = el('div.region', { hidden: true });
    this.reach = el('div.reach', {
      tabindex: 0, role: 'slider', 'aria-label': `${title}. Arrow keys move, with Shift they mark a stretch of time, Enter shows only that.`,
      onpointermove: (event) => this.#point(event), onkeydown: (event) => this.#key(event), onblur: () => this.#moveTo(-1),
    }, this.band);
    dragSpan(this.reach, (from, to) => this.#pick(Math.floor(from * this.#count), Math.ceil(to * this.#count) - 1), (at) => this.#pick(this.#stepAt(at), this.#stepAt(at)));
    this.#plot.node.append(this.reach);
    this.node = el('section.time-chart', { 'aria-label': title }, el('h2', {}, title, this.legend), this.#plot.node);
  }

  /** True while a time range is being marked. */
  get isHeld() {
    return this.#cursor >= 0;
  }

  set(window, series) {
    this.#window = window;
    this.#series = series;
    this.legend.replaceChildren(...series.map(({ name, colour, said }) => el('span', {}, el('i.dot', { '--c': `var(${colour})` }), `${name}${said ? ` ${said}` : ''}`)));
    this.#plot.canvas.setAttribute('aria-label', `${this.node.getAttribute('aria-label')}: ${series.map(({ name, said }) => `${name} ${said ?? ''}`).join(', ')}`);
    this.#plot.draw();
    this.#moveTo(-1);
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

  /** A step without spans interrupts the line; a single one is a dot. */
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

  #stepAt(share) {
    return Math.max(0, Math.min(this.#count - 1, Math.floor(share * this.#count)));
  }

  #pick(first, last) {
    this.#picked(this.#moment(first), this.#moment(last + 1));
  }

  #point(event) {
    const at = this.#stepAt(this.#plot.place(event).x);
    const { left, top } = this.#plot.canvas.getBoundingClientRect();
    this.#plot.say([el('strong', {}, formatMoment(this.#moment(at) * 1e6)), ...this.#valuesAt(at).map((text) => el('div', {}, text))], event.clientX - left, event.clientY - top);
  }

  #valuesAt(at) {
    return this.#series.filter(({ values }) => values[at] != null).map(({ name, values }) => `${name}: ${this.#format(values[at])}`);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.#count - 1;
    const at = this.#cursor < 0 ? last + 1 : this.#cursor;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) this.#moveTo(Math.max(0, Math.min(last, to)), event.shiftKey);
    else if (event.key === 'Enter' && this.isHeld) this.#pick(...[this.#corner, this.#cursor].sort((a, b) => a - b));
    else if (event.key === 'Escape' && this.isHeld) this.#moveTo(-1);
    else return;
    event.preventDefault();
  }

  /** Marks a step, or the stretch up to it; -1 marks none. */
  #moveTo(at, isStretch = false) {
    this.#cursor = at;
    if (!isStretch || this.#corner < 0 || at < 0) this.#corner = at;
    const [first, last] = [this.#corner, at].sort((a, b) => a - b);
    this.band.hidden = at < 0;
    Object.assign(this.band.style, { left: `${(100 * first) / this.#count}%`, width: `${(100 * (last - first + 1)) / this.#count}%` });
    const shown = at < 0 ? this.#count - 1 : at;
    const times = first === last ? formatMoment(this.#moment(shown) * 1e6) : `${formatMoment(this.#moment(first) * 1e6)} to ${formatMoment(this.#moment(last + 1) * 1e6)}`;
    this.reach.setAttribute('aria-valuemax', this.#count - 1);
    this.reach.setAttribute('aria-valuenow', shown);
    this.reach.setAttribute('aria-valuetext', [times, ...this.#valuesAt(shown)].join(', '));
    const { left, top, width } = this.#plot.area;
    this.#plot.say(at < 0 ? null : [el('strong', {}, times), ...this.#valuesAt(at).map((text) => el('div', {}, text))], left + ((at + 0.5) / this.#count) * width, top);
  }
}
