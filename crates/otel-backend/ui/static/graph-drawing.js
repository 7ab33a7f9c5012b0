import { formatCount, formatDuration, formatShare, plural } from './format.js';
import { layered } from './graph-layout.js';
import { colourOf, cssColour } from './palette.js';
import { svg } from './svg.js';

const NODE_WIDTH = 190;
const NODE_HEIGHT = 52;
const LAYER_GAP = 130;
const ROW_GAP = 40;
/** The distance of a call back below its services, and the bend of a call across layers. */
const BACK_DEPTH = 44;
const BEND = 46;
const MARGIN = 40;
/** The size of a label, and its possible positions on an edge. */
const LABEL = { width: 100, height: 34 };
const LABEL_PLACES = [0.5, 0.38, 0.62, 0.28, 0.72];
/** With more calls than this, only the one under the pointer is labelled. */
const MAX_LABELS = 24;
/** The symbols of nodes that are not services. */
const SIGNS = { database: '⛁', queue: '☰', external: '↗' };

/**
 * Draws services and their calls: `{ children, width, height, places }`. `pickNode(name, node)` and
 * `pickEdge(edge, node)` are called for a click; `outside` gives the kind of a node that is not a
 * service.
 */
export function drawGraph(names, edges, { outside, describe, pickNode, pickEdge }) {
  const places = placed(layered(names, edges));
  const all = [...places.values()];
  const above = Math.max(MARGIN, ...all.map(({ layer }) => (layer - 1) * BEND * 0.75));
  for (const place of all) place.y += above;
  const width = Math.max(0, ...all.map(({ x }) => x)) + NODE_WIDTH + MARGIN;
  const height = Math.max(0, ...all.map(({ y }) => y)) + NODE_HEIGHT + MARGIN + BACK_DEPTH;
  const most = Math.max(1, ...edges.map(callsOf));
  const taken = all.map(({ x, y }) => ({ x, y, width: NODE_WIDTH, height: NODE_HEIGHT }));
  const isDense = edges.length > MAX_LABELS;
  const children = [
    svg('defs', {}, svg('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto' }, svg('path', { d: 'M0 0L8 4L0 8Z' }))),
    svg('g', { class: isDense ? 'dense' : '' },
      edges.map((edge) => edgeNode(edge, curve(places.get(edge.parent), places.get(edge.child)), { most, taken, describe, pickEdge })),
      names.map((name) => serviceNode(name, places.get(name), edges, outside.get(name), pickNode))),
  ];
  return { children, width, height, places };
}

function edgeNode(edge, points, { most, taken, describe, pickEdge }) {
  const { known } = edge;
  const [x, y] = labelPlace(points, taken);
  const [a, b, c, d] = points.map((point) => point.map(Math.round).join(' '));
  const path = `M${a}C${b} ${c} ${d}`;
  return svg('g', {
    class: known?.errors ? 'edge failed' : 'edge', onclick: ({ currentTarget }) => pickEdge(edge, currentTarget.querySelector('text')),
  }, svg('title', {}, describe(edge)),
  svg('path', { class: 'reach', d: path }),
  svg('path', { d: path, 'stroke-width': 1 + 1.5 * Math.sqrt(callsOf(edge) / most), 'marker-end': 'url(#arrow)' }),
  svg('text', { x, y: y - 4 }, formatCount(callsOf(edge)), known ? ` · ${formatDuration(known.p95)}` : ''),
  known?.errors ? svg('text', { x, y: y + 12, class: 'failed' }, `${formatShare(known.errors / known.count)} failed`) : '');
}

/** The number of calls, in the sample if not in all. */
const callsOf = ({ count, known }) => count || known.count;

function serviceNode(name, { x, y }, edges, kind, pick) {
  const incoming = edges.filter(({ child }) => child === name);
  const sum = (of) => incoming.reduce((total, edge) => total + of(edge), 0);
  const calls = sum(callsOf);
  const errors = sum(({ known }) => known?.errors ?? 0);
  const failed = errors ? `, ${formatShare(errors / sum(({ known }) => known?.count ?? 0))} failed` : '';
  const label = `${kind ? `${SIGNS[kind]} ` : ''}${name}`;
  const open = (event) => {
    event.preventDefault();
    pick(name, event.currentTarget);
  };
  return svg('a', {
    href: '#', class: kind ? `node ${kind}` : 'node', role: 'button', 'aria-haspopup': 'menu', 'data-name': name, onclick: open,
  }, svg('title', {}, kind ? `${name}, ${kind}` : name),
  svg('rect', { x, y, width: NODE_WIDTH, height: NODE_HEIGHT, rx: kind ? 22 : 8 }),
  kind ? '' : svg('rect', { class: 'colour', x, y: y + 10, width: 4, height: NODE_HEIGHT - 20, rx: 2, '--c': cssColour(colourOf(name)) }),
  // Wide letters are cut off at the edge.
  svg('svg', { x, y, width: NODE_WIDTH - 6, height: NODE_HEIGHT },
    svg('text', { x: 16, y: 22 }, label.length > 24 ? `${label.slice(0, 23)}…` : label),
    svg('text', { class: 'small', x: 16, y: 40 }, calls ? `${plural(calls, 'call')}${failed}` : 'entry point')));
}

function placed(layers) {
  const tallest = Math.max(0, ...layers.map(({ length }) => length));
  const places = new Map();
  layers.forEach((names, layer) => {
    const top = ((tallest - names.length) * (NODE_HEIGHT + ROW_GAP)) / 2;
    names.forEach((name, index) => places.set(name, { x: MARGIN + layer * (NODE_WIDTH + LAYER_GAP), y: top + index * (NODE_HEIGHT + ROW_GAP), layer }));
  });
  return places;
}

/** The four points of an edge's curve. */
function curve(from, to) {
  const layers = to.layer - from.layer;
  if (layers <= 0) {
    // A call back passes below the services, so that it does not cover the call forth.
    const [x1, x2] = [from.x + NODE_WIDTH / 2, to.x + NODE_WIDTH / 2 + (layers ? 0 : 24)];
    const [y1, y2] = [from.y + NODE_HEIGHT, to.y + NODE_HEIGHT + 2];
    const low = Math.max(y1, y2) + BACK_DEPTH;
    return [[x1, y1], [x1, low], [x2, low], [x2, y2]];
  }
  const [x1, x2] = [from.x + NODE_WIDTH, to.x - 2];
  const [y1, y2] = [from.y + NODE_HEIGHT / 2, to.y + NODE_HEIGHT / 2];
  // A call over layers bends around the services between.
  const bend = (layers - 1) * BEND;
  const reach = Math.max(40, (x2 - x1) / 2);
  return [[x1, y1], [x1 + reach, y1 - bend], [x2 - reach, y2 - bend], [x2, y2]];
}

/** A position on the edge where a label covers no service and no other label; otherwise the middle. */
function labelPlace(points, taken) {
  const boxAt = (share) => {
    const [x, y] = pointAt(points, share);
    return { x: x - LABEL.width / 2, y: y - LABEL.height / 2, ...LABEL };
  };
  const box = LABEL_PLACES.map(boxAt).find((wanted) => !taken.some((other) => overlap(wanted, other))) ?? boxAt(0.5);
  taken.push(box);
  return [box.x + LABEL.width / 2, box.y + LABEL.height / 2];
}

const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

function pointAt([a, b, c, d], t) {
  const s = 1 - t;
  return [0, 1].map((i) => s ** 3 * a[i] + 3 * s * s * t * b[i] + 3 * s * t * t * c[i] + t ** 3 * d[i]);
}
