import { el } from './dom.js';
import { formatMoment } from './format.js';
import { svg } from './svg.js';

/** A chart's own units; its drawing is stretched to the place it has. */
const WIDTH = 1000;
const HEIGHT = 100;

/** A row of values as a line of the height of a text; `label` says the same in words. */
export function sparkLine(values, label) {
  const most = largest([{ values }]);
  return svg('svg', { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    svg('title', {}, label),
    svg('path', { d: pathOf(values, most) }));
}

/**
 * Lines over time, with the values at the pointer or at the keyboard's place below the title.
 *
 * `moments` are the ends of the parts of time that the values are about, in milliseconds; `lines` are
 * `{ name, values, colour }`, a value or NaN for each moment; `format` writes a value. `pick(index)`, if
 * given, is called for a click on a part of time, or Enter.
 */
export class LineChart {
  #moments;
  #lines;
  #format;
  #at = -1;

  constructor({ title, moments, lines, format, pick }) {
    this.#moments = moments;
    this.#lines = lines;
    this.#format = format;
    const most = largest(lines);
    this.said = el('p.values');
    this.mark = el('i.mark', { hidden: true });
    this.plot = el('div.plot', {
      role: 'slider', tabindex: 0, 'aria-label': title, 'aria-valuemin': 0, 'aria-valuemax': Math.max(0, moments.length - 1),
      title: pick ? 'Click: show the traces of that time' : null,
      onpointermove: (event) => this.#point(this.#indexAt(event)),
      onpointerleave: () => this.#point(-1),
      onclick: (event) => pick?.(this.#indexAt(event)),
      onkeydown: (event) => this.#key(event, pick),
    },
    svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': true },
      lines.map(({ values, colour }) => svg('path', { d: pathOf(values, most), '--c': colour }))),
    this.mark);
    const [first, last] = [moments[0], moments.at(-1)].map((moment) => el('span', {}, moment === undefined ? '' : formatMoment(moment * 1e3)));
    this.node = el('section.chart', {}, el('h2', {}, title), this.said,
      el('div.most', { 'aria-hidden': true }, format(most)), this.plot, el('div.times', { 'aria-hidden': true }, first, last));
    this.#point(-1);
  }

  #indexAt({ clientX }) {
    const { left, width } = this.plot.getBoundingClientRect();
    const share = width ? (clientX - left) / width : 0;
    return Math.max(0, Math.min(this.#moments.length - 1, Math.round(share * (this.#moments.length - 1))));
  }

  #key(event, pick) {
    const last = this.#moments.length - 1;
    const at = this.#at < 0 ? last : this.#at;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) this.#point(Math.max(0, Math.min(last, to)));
    else if (event.key === 'Enter' && this.#at >= 0) pick?.(this.#at);
    else return;
    event.preventDefault();
  }

  /** Says the values there; of no place, the names of the lines with their last values. */
  #point(index) {
    this.#at = index;
    const last = this.#moments.length - 1;
    const at = index < 0 ? last : index;
    this.mark.hidden = index < 0;
    this.mark.style.left = `${last > 0 ? (100 * at) / last : 50}%`;
    const when = index < 0 ? 'latest' : formatMoment(this.#moments[at] * 1e3);
    const values = this.#lines.map(({ name, values: all }) => [name, Number.isNaN(all[at] ?? NaN) ? '–' : this.#format(all[at])]);
    this.said.replaceChildren(`${when}: `, ...values.map(([name, value], line) =>
      el('span', {}, el('i.dot', { '--c': this.#lines[line].colour }), ` ${name} `, el('b', {}, value))));
    this.plot.setAttribute('aria-valuenow', at);
    this.plot.setAttribute('aria-valuetext', `${when}: ${values.map((pair) => pair.join(' ')).join(', ')}`);
  }
}

const largest = (lines) => lines.reduce((most, { values }) => values.reduce((top, value) => (value > top ? value : top), most), 0);

/** Pieces of line between the gaps; a value alone is a short one. */
function pathOf(values, most) {
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  const y = (value) => (HEIGHT - 2 - (most > 0 ? (value / most) * (HEIGHT - 4) : 0)).toFixed(1);
  let path = '';
  for (let at = 0; at < values.length; at++) {
    if (Number.isNaN(values[at])) continue;
    const x = (at * step).toFixed(1);
    path += at > 0 && !Number.isNaN(values[at - 1]) ? `L${x} ${y(values[at])}` : `M${x} ${y(values[at])}h4`;
  }
  return path;
}
