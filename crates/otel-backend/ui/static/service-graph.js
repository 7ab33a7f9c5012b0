import { el } from './dom.js';
import { formatCount, formatDuration, formatShare, plural } from './format.js';
import { layered } from './graph-layout.js';
import { colourOf, cssColour } from './palette.js';
import { dependenciesUrl, navigate, searchUrl } from './route.js';
import { percentile } from './statistics.js';
import { state } from './states.js';

const LOOKBACKS = [[3600e3, 'Last hour'], [21600e3, 'Last 6 hours'], [86400e3, 'Last day'], [604800e3, 'Last 7 days']];
const NODE_WIDTH = 190;
const NODE_HEIGHT = 52;
const LAYER_GAP = 116;
const ROW_GAP = 40;
/** How far below its services a call back leads, and how far a call over layers is bent. */
const BACK_DEPTH = 44;
const BEND = 46;
const TOP = 40;
/** A graph too wide for the page is drawn smaller, down to this; then it scrolls. */
const LEAST_SCALE = 0.7;
/** Of more calls than this, only that under the pointer is labelled. */
const MAX_LABELS = 16;

/** The services and their calls: a picture, and the same as a table. */
export class ServiceGraph {
  #edges;
  #names;
  #lookback;

  constructor(services, calls, lookback) {
    this.#lookback = lookback;
    // Spans whose parent ran in the same service are no calls, though the API counts them.
    const between = calls.filter(({ parent, child }) => parent !== child);
    this.#edges = between.map(({ parent, child, callCount }) => ({ parent, child, count: callCount, durations: [], errors: 0 }));
    this.#names = [...new Set(between.flatMap(({ parent, child }) => [parent, child]))];
    const alone = services.filter((name) => !this.#names.includes(name)).sort();
    const lookbacks = el('select', { 'aria-label': 'Time', onchange: ({ target }) => navigate(`${dependenciesUrl()}?lookback=${target.value}`) },
      LOOKBACKS.map(([value, title]) => el('option', { value, selected: value === lookback }, title)));
    this.note = el('p.summary', { role: 'status' }, `${plural(this.#names.length + alone.length, 'service')}, ${plural(this.#edges.length, 'connection')}`);
    this.picture = el('div.graph');
    this.list = el('div.edges');
    this.alone = el('p.alone', { hidden: alone.length === 0 }, 'In no call to another service: ',
      alone.map((name) => [el('a', { href: searchUrl(new URLSearchParams({ service: name })) }, name), ' ']));
    this.node = el('div.dependencies', {}, el('div.bar', {}, this.note, lookbacks), this.picture, this.list, this.alone);
    this.#draw();
  }

  /** Adds the latencies and errors of a sample of traces. */
  setCalls({ traces, calls }) {
    const byPair = new Map(this.#edges.map((edge) => [`${edge.parent}\n${edge.child}`, edge]));
    for (const { parent, child, duration, error } of calls) {
      const edge = byPair.get(`${parent}\n${child}`);
      if (!edge) continue;
      edge.durations.push(duration);
      if (error) edge.errors++;
    }
    for (const edge of this.#edges) edge.durations.sort((a, b) => a - b);
    this.note.textContent += `; latencies (p95) and errors of the newest ${plural(traces, 'trace')}`;
    this.#draw();
  }

  #draw() {
    if (this.#edges.length === 0) {
      this.picture.replaceChildren(state('No calls between services', el('p', {}, 'In this time no span had a parent in another service.')));
      return;
    }
    const places = placed(layered(this.#names, this.#edges));
    const width = Math.max(...[...places.values()].map(({ x }) => x)) + NODE_WIDTH + 24;
    const height = Math.max(...[...places.values()].map(({ y }) => y)) + NODE_HEIGHT + 24 + BACK_DEPTH;
    const most = Math.max(...this.#edges.map(({ count }) => count));
    this.picture.classList.toggle('dense', this.#edges.length > MAX_LABELS);
    const above = Math.max(0, ...[...places.values()].map(({ layer }) => (layer - 1) * BEND * 0.75 - TOP));
    this.picture.replaceChildren(svg('svg', { viewBox: `0 ${-above} ${width} ${height + above}`, width, height: height + above, '--least': `${width * LEAST_SCALE}px`, role: 'img', 'aria-label': 'Services and their calls; the table below has the same' },
      svg('defs', {}, svg('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto' }, svg('path', { d: 'M0 0L8 4L0 8Z' }))),
      this.#edges.map((edge) => this.#edge(edge, places, most)),
      this.#names.map((name) => this.#service(name, places.get(name)))));
    this.list.replaceChildren(this.#table());
  }

  #edge(edge, places, most) {
    const { parent, child, count, errors, durations } = edge;
    const from = places.get(parent);
    const to = places.get(child);
    const label = `${parent} calls ${child}: ${this.#describe(edge)}`;
    const [path, x, y] = curve(from, to);
    return svg('g', { class: errors ? 'edge failed' : 'edge' },
      svg('path', { d: path, 'stroke-width': 1 + 1.5 * Math.sqrt(count / most), 'marker-end': 'url(#arrow)' }, svg('title', {}, label)),
      svg('text', { x, y: y - 6 }, formatCount(count), durations.length ? ` · ${formatDuration(percentile(durations, 0.95))}` : ''),
      svg('text', { x, y: y + 16, class: 'failed' }, errors ? `${formatShare(errors / durations.length)} failed` : ''));
  }

  #describe({ count, durations, errors }) {
    const rate = count / (this.#lookback / 60e3);
    const parts = [plural(count, 'call'), `${rate < 10 ? rate.toPrecision(2) : Math.round(rate)} a minute`];
    if (durations.length) parts.push(`p50 ${formatDuration(percentile(durations, 0.5))}`, `p95 ${formatDuration(percentile(durations, 0.95))}`, `errors ${formatShare(errors / durations.length)}`);
    return parts.join(', ');
  }

  #service(name, { x, y }) {
    const incoming = this.#edges.filter(({ child }) => child === name);
    const calls = incoming.reduce((sum, { count }) => sum + count, 0);
    const errors = incoming.reduce((sum, edge) => sum + edge.errors, 0);
    const sampled = incoming.reduce((sum, { durations }) => sum + durations.length, 0);
    const failed = errors ? `, ${formatShare(errors / sampled)} failed` : '';
    return svg('a', { href: searchUrl(new URLSearchParams({ service: name })), class: 'node' },
      svg('title', {}, `Search traces of ${name}`),
      svg('rect', { x, y, width: NODE_WIDTH, height: NODE_HEIGHT, rx: 8 }),
      svg('rect', { class: 'colour', x, y: y + 10, width: 4, height: NODE_HEIGHT - 20, rx: 2, '--c': cssColour(colourOf(name)) }),
      svg('text', { x: x + 16, y: y + 22 }, name.length > 24 ? `${name.slice(0, 23)}…` : name),
      svg('text', { class: 'small', x: x + 16, y: y + 40 }, calls ? `${plural(calls, 'call')}${failed}` : 'called by none'));
  }

  #table() {
    const cells = (edge) => [
      edge.parent, edge.child, formatCount(edge.count), (edge.count / (this.#lookback / 60e3)).toPrecision(2),
      edge.durations.length ? formatShare(edge.errors / edge.durations.length) : '–',
      ...[0.5, 0.95, 0.99].map((share) => (edge.durations.length ? formatDuration(percentile(edge.durations, share)) : '–')),
    ];
    const titles = ['Caller', 'Called', 'Calls', 'A minute', 'Errors', 'p50', 'p95', 'p99'];
    return el('table', {},
      el('thead', {}, el('tr', {}, titles.map((title) => el('th', { scope: 'col' }, title)))),
      el('tbody', {}, [...this.#edges].sort((a, b) => b.count - a.count).map((edge) =>
        el('tr', {}, cells(edge).map((text) => el('td', {}, text))))));
  }
}

function placed(layers) {
  const tallest = Math.max(...layers.map(({ length }) => length));
  const places = new Map();
  layers.forEach((names, layer) => {
    const top = ((tallest - names.length) * (NODE_HEIGHT + ROW_GAP)) / 2;
    names.forEach((name, index) => places.set(name, { x: 24 + layer * (NODE_WIDTH + LAYER_GAP), y: TOP + top + index * (NODE_HEIGHT + ROW_GAP), layer }));
  });
  return places;
}

/** The path of an edge, and the point for its label. */
function curve(from, to) {
  const middle = NODE_HEIGHT / 2;
  const layers = to.layer - from.layer;
  if (layers <= 0) {
    // A call back leads below the services, so that it does not lie on the call forth.
    const [x1, x2] = [from.x + NODE_WIDTH / 2, to.x + NODE_WIDTH / 2 + (layers ? 0 : 24)];
    const [y1, y2] = [from.y + NODE_HEIGHT, to.y + NODE_HEIGHT + 2];
    const low = Math.max(y1, y2) + BACK_DEPTH;
    return [`M${x1} ${y1}C${x1} ${low} ${x2} ${low} ${x2} ${y2}`, (x1 + x2) / 2, (y1 + y2 + 6 * low) / 8 + 4];
  }
  const [x1, x2] = [from.x + NODE_WIDTH, to.x - 2];
  const [y1, y2] = [from.y + middle, to.y + middle];
  // A call over layers bends around the services between.
  const bend = (layers - 1) * BEND;
  const reach = Math.max(40, (x2 - x1) / 2);
  return [`M${x1} ${y1}C${x1 + reach} ${y1 - bend} ${x2 - reach} ${y2 - bend} ${x2} ${y2}`, (x1 + x2) / 2, (y1 + y2) / 2 - bend * 0.75];
}

function svg(name, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('--')) node.style.setProperty(key, value);
    else node.setAttribute(key, value);
  }
  node.append(...children.flat(Infinity));
  return node;
}
