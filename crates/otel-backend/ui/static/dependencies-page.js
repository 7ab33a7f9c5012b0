import { getData, getServices, searchTraces } from './backend.js';
import { el } from './dom.js';
import { formatCount, formatDuration, formatShare, plural } from './format.js';
import { layered } from './graph-layout.js';
import { colourOf, cssColour } from './palette.js';
import { searchUrl } from './route.js';
import { percentile } from './statistics.js';
import { emptyBackend, failure, loading, state } from './states.js';

const LOOKBACKS = [[3600e3, 'Last hour'], [21600e3, 'Last 6 hours'], [86400e3, 'Last day'], [604800e3, 'Last 7 days']];
/** Traces looked at for latencies and errors; the numbers of calls are those of all traces. */
const SAMPLE = 100;
const MAX_SERVICES = 20;
const NODE_WIDTH = 190;
const NODE_HEIGHT = 52;
const LAYER_GAP = 130;
const ROW_GAP = 34;

/** Who calls whom. */
export async function show(page, route, signal) {
  document.title = 'Services · otel-backend';
  page.replaceChildren(loading('Reading the services…'));
  const lookback = Number(route.parameters.get('lookback')) || 86400e3;
  const end = Date.now();
  const [services, calls] = await Promise.all([getServices(), getData(`dependencies?endTs=${end}&lookback=${lookback}`)]);
  if (signal.aborted) return;
  const error = services.error ?? calls.error;
  if (error) {
    page.replaceChildren(failure('The services cannot be shown', `The backend says: ${error.message}.`, () => show(page, route, signal)));
    return;
  }
  if (services.data.length === 0) {
    page.replaceChildren(emptyBackend());
    return;
  }
  const graph = new ServiceGraph(services.data, calls.data, lookback);
  page.replaceChildren(graph.node);
  const sample = await sampleOf(services.data, end, lookback);
  if (!signal.aborted) graph.setCalls(sample);
}

/** The calls between services in the newest traces: parent, child, duration, error. */
async function sampleOf(services, end, lookback) {
  const answers = await Promise.all(services.slice(0, MAX_SERVICES).map((service) => {
    const parameters = new URLSearchParams({ service, limit: SAMPLE, start: String((end - lookback) * 1000), end: String(end * 1000) });
    return searchTraces(parameters);
  }));
  const byId = new Map(answers.flatMap(({ traces = [] }) => traces).map((trace) => [trace.id, trace]));
  return { traces: byId.size, calls: [...byId.values()].flatMap(({ calls }) => calls) };
}

class ServiceGraph {
  #edges;
  #names;
  #lookback;

  constructor(services, calls, lookback) {
    this.#lookback = lookback;
    this.#edges = calls.map(({ parent, child, callCount }) => ({ parent, child, count: callCount, durations: [], errors: 0 }));
    this.#names = [...new Set(calls.flatMap(({ parent, child }) => [parent, child]))];
    const alone = services.filter((name) => !this.#names.includes(name)).sort();
    const lookbacks = el('select', { 'aria-label': 'Time', onchange: ({ target }) => { location.search = `lookback=${target.value}`; } },
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
    this.note.textContent += `; latencies and errors of the newest ${plural(traces, 'trace')}`;
    this.#draw();
  }

  #draw() {
    if (this.#edges.length === 0) {
      this.picture.replaceChildren(state('No calls between services', el('p', {}, 'In this time no span had a parent in another service.')));
      return;
    }
    const places = placed(layered(this.#names, this.#edges));
    const width = Math.max(...[...places.values()].map(({ x }) => x)) + NODE_WIDTH + 60;
    const height = Math.max(...[...places.values()].map(({ y }) => y)) + NODE_HEIGHT + 40;
    const most = Math.max(...this.#edges.map(({ count }) => count));
    this.picture.replaceChildren(svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': 'Services and their calls; the table below has the same' },
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
    const [path, x, y] = curve(from, to, parent === child);
    return svg('g', { class: errors ? 'edge failed' : 'edge' },
      svg('path', { d: path, 'stroke-width': 1 + 3 * Math.sqrt(count / most), 'marker-end': 'url(#arrow)' }, svg('title', {}, label)),
      svg('text', { x, y: y - 6 }, formatCount(count), durations.length ? ` · ${formatDuration(percentile(durations, 0.95))}` : ''));
  }

  #describe({ count, durations, errors }) {
    const rate = count / (this.#lookback / 60e3);
    const parts = [plural(count, 'call'), `${rate < 10 ? rate.toPrecision(2) : Math.round(rate)} a minute`];
    if (durations.length) parts.push(`p50 ${formatDuration(percentile(durations, 0.5))}`, `p95 ${formatDuration(percentile(durations, 0.95))}`, `errors ${formatShare(errors / durations.length)}`);
    return parts.join(', ');
  }

  #service(name, { x, y }) {
    const incoming = this.#edges.filter(({ child, parent }) => child === name && parent !== name);
    const calls = incoming.reduce((sum, { count }) => sum + count, 0);
    return svg('a', { href: searchUrl(new URLSearchParams({ service: name })), class: 'node' },
      svg('title', {}, `Search traces of ${name}`),
      svg('rect', { x, y, width: NODE_WIDTH, height: NODE_HEIGHT, rx: 8 }),
      svg('rect', { class: 'colour', x, y: y + 10, width: 4, height: NODE_HEIGHT - 20, rx: 2, '--c': cssColour(colourOf(name)) }),
      svg('text', { x: x + 16, y: y + 22 }, name.length > 24 ? `${name.slice(0, 23)}…` : name),
      svg('text', { class: 'small', x: x + 16, y: y + 40 }, calls ? `${formatCount(calls)} calls in` : 'called by none'));
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
    names.forEach((name, index) => places.set(name, { x: 24 + layer * (NODE_WIDTH + LAYER_GAP), y: 40 + top + index * (NODE_HEIGHT + ROW_GAP), layer }));
  });
  return places;
}

/** The path of an edge, and the point for its label. */
function curve(from, to, isLoop) {
  const middle = NODE_HEIGHT / 2;
  if (isLoop) {
    const x = from.x + NODE_WIDTH;
    return [`M${x - 64} ${from.y}C${x - 56} ${from.y - 34} ${x - 18} ${from.y - 34} ${x - 12} ${from.y - 2}`, x - 38, from.y - 22];
  }
  const forward = to.layer > from.layer;
  const [x1, x2] = forward ? [from.x + NODE_WIDTH, to.x - 2] : [from.x, to.x + NODE_WIDTH + 2];
  const [y1, y2] = [from.y + middle, to.y + middle];
  const bend = Math.max(40, Math.abs(x2 - x1) / 2) * (forward ? 1 : -1);
  return [`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, (x1 + x2) / 2, (y1 + y2) / 2];
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
