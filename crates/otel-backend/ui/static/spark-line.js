import { svg } from './svg.js';

/** Its own units; the drawing is stretched to the place it has. */
const WIDTH = 1000;
const HEIGHT = 100;

/** A row of values as a line of the height of a text; `label` says the same in words. */
export function sparkLine(values, label) {
  return svg('svg', { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    svg('title', {}, label),
    svg('path', { d: pathOf(values, Math.max(...values)) }));
}

function pathOf(values, most) {
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  const y = (value) => (HEIGHT - 2 - (most > 0 ? (value / most) * (HEIGHT - 4) : 0)).toFixed(1);
  return values.map((value, at) => `${at === 0 ? 'M' : 'L'}${(at * step).toFixed(1)} ${y(value)}`).join('');
}
