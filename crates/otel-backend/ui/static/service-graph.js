import { pairOf } from './calls.js';
import { Camera } from './camera.js';
import { el, iconButton } from './dom.js';
import { formatCount, formatDuration, formatShare, plural } from './format.js';
import { drawGraph } from './graph-drawing.js';
import { popUp } from './popup.js';
import { DEFAULT_LOOKBACK, LOOKBACK_NAMES, LOOKBACKS } from './query.js';
import { dependenciesUrl, navigate, searchUrl, serviceUrl } from './route.js';
import { state } from './states.js';

/** The most traces of a connection that are offered. */
const MAX_TRACES = 20;

/** The services, their calls, and their calls to the outside: a drawing, and the same as a table. */
export class ServiceGraph {
  #edges;
  #services;
  #lookback;
  #camera;
  /** The name to which the drawing is reduced, with its neighbours; '' for all. */
  #focus = '';
  #places = new Map();
  #outside = new Map();
  #window = null;
  /** Says which numbers are not those of all spans. */
  #source = '';

  constructor(services, calls, lookback, refresh, signal) {
    this.#lookback = lookback;
    this.#services = services;
    // Spans whose parent belongs to the same service are not calls, although an API may count them.
    const between = calls.filter(({ parent, child }) => parent !== child);
    this.#edges = between.map(({ parent, child, callCount }) => newEdge(parent, child, callCount));
    this.#camera = new Camera('Services and their calls; the table below has the same', signal);
    this.note = el('p.summary', { role: 'status' });
    this.picture = el('div.graph', {}, this.#camera.node);
    this.list = el('div.edges');
    this.alone = el('p.alone');
    this.nothing = el('div', { hidden: true }, state('No calls between services', el('p', {}, 'In this time range no span had a parent in another service.')));
    this.node = el('div.dependencies', {}, el('h1.unseen', {}, 'Services'), this.#bar(refresh), this.nothing, this.picture, this.list, this.alone);
  }

  #bar(refresh) {
    this.names = el('datalist', { id: 'service-list' });
    this.search = el('input', { type: 'search', list: 'service-list', placeholder: 'Find a service', 'aria-label': 'Find a service', spellcheck: 'false', onchange: ({ target }) => this.#find(target.value) });
    this.all = el('button', { type: 'button', hidden: true, onclick: () => this.#focusOn('') }, 'Show all');
    const ranges = [...LOOKBACKS].filter(([name]) => name !== 'any').map(([name, seconds]) => [seconds * 1000, LOOKBACK_NAMES[name]]);
    // Any number of milliseconds may be in the address.
    if (!ranges.some(([value]) => value === this.#lookback)) ranges.push([this.#lookback, `Last ${formatDuration(this.#lookback * 1000)}`]);
    const lookbacks = el('select', { 'aria-label': 'Time range', onchange: ({ target }) => navigate(`${dependenciesUrl()}?lookback=${target.value}`) },
      ranges.map(([value, title]) => el('option', { value, selected: value === this.#lookback }, title)));
    return el('div.bar', {}, this.note, this.all, this.search, this.names,
      iconButton('minus', 'Zoom out', () => this.#camera.zoom(0.8)), iconButton('plus', 'Zoom in', () => this.#camera.zoom(1.25)),
      el('button', { type: 'button', title: 'Fit the drawing into its frame', onclick: () => this.#camera.fit() }, 'Fit'),
      el('button', { type: 'button', onclick: refresh }, 'Refresh'), lookbacks);
  }

  /** Adds what is known of the calls, from all their spans or from a sample of traces. */
  setCalls({ calls, window, sampled, isMeasured, isPartial }) {
    const byPair = new Map(this.#edges.map((edge) => [pairOf(edge), edge]));
    for (const call of calls) {
      const edge = byPair.get(pairOf(call)) ?? newEdge(call.parent, call.child, 0);
      if (!byPair.has(pairOf(call))) {
        byPair.set(pairOf(call), edge);
        this.#edges.push(edge);
      }
      if (edge.known) continue;
      edge.known = call;
      if (!call.isSampled) edge.count = call.count;
      if (call.outside) this.#outside.set(call.outside.name, call.outside.kind);
    }
    this.#window = window;
    this.#source = [
      isPartial && 'some calls are not counted: there are too many groups',
      sampled && `${isMeasured ? 'calls known only by links' : 'p95 and error rate'}: sample of the newest ${plural(sampled, 'trace')}`,
    ].filter(Boolean).join('; ');
    this.draw();
  }

  draw() {
    const isNear = ({ parent, child }) => !this.#focus || parent === this.#focus || child === this.#focus;
    const edges = this.#edges.filter(isNear);
    const names = [...new Set(edges.flatMap(({ parent, child }) => [parent, child]))];
    const all = new Set(this.#edges.flatMap(({ parent, child }) => [parent, child]));
    const alone = this.#services.filter((name) => !all.has(name)).sort();
    this.#say(all, alone);
    this.nothing.hidden = this.#edges.length > 0;
    this.picture.hidden = this.#edges.length === 0;
    const { children, width, height, places } = drawGraph(names, edges, {
      outside: this.#outside,
      describe: (edge) => this.#describe(edge),
      pickNode: (name, node) => this.#pickNode(name, node),
      pickEdge: (edge, node) => this.#pickEdge(edge, node),
    });
    this.#places = places;
    this.#camera.set(children, width, height);
    this.list.replaceChildren(this.#table(edges));
    this.names.replaceChildren(...[...all].sort().map((name) => el('option', { value: name })));
    this.alone.hidden = alone.length === 0;
    this.alone.replaceChildren('Not connected: ', ...alone.flatMap((name) => [this.#nameOf(name), ' ']));
  }

  #say(all, alone) {
    const services = [...all].filter((name) => !this.#outside.has(name)).length + alone.length;
    this.note.textContent = `${plural(services, 'service')} · ${plural(this.#edges.length, 'connection')}${this.#source && ` (${this.#source})`}`;
  }

  #find(text) {
    const wanted = text.trim().toLowerCase();
    const found = [...this.#places.keys()].find((name) => name.toLowerCase().includes(wanted));
    for (const node of this.picture.querySelectorAll('.node')) node.classList.toggle('found', wanted !== '' && node.dataset.name.toLowerCase().includes(wanted));
    if (!wanted || !found) return;
    const { x, y } = this.#places.get(found);
    this.#camera.goTo(x + 95, y + 26);
  }

  #focusOn(name) {
    this.#focus = name;
    this.all.hidden = !name;
    this.draw();
  }

  #pickNode(name, node) {
    popUp(node, [
      ...(this.#outside.has(name) ? [] : [
        ['Show traces', tracesOf(name)], ['Show traces with errors', tracesOf(name, { tags: '{"error":"true"}' })], ['Show service', this.#serviceUrl(name)],
      ]),
      [this.#focus === name ? 'Show all' : 'Show only its calls', () => this.#focusOn(this.#focus === name ? '' : name)],
    ]);
  }

  #pickEdge(edge, node) {
    popUp(node, [
      ...(edge.known ? [['Show traces with this call', this.#tracesWith(edge.known)]] : []),
      ...(this.#outside.has(edge.child) ? [] : [[`Show traces of ${edge.child}`, tracesOf(edge.child)]]),
      [`Show only calls of ${edge.parent}`, () => this.#focusOn(edge.parent)],
    ]);
  }

  #nameOf(name) {
    return this.#outside.has(name) ? name : el('a', { href: this.#serviceUrl(name) }, name);
  }

  /** The page of a service, for the same time. */
  #serviceUrl(name) {
    const [lookback] = [...LOOKBACKS].find(([, seconds]) => seconds * 1000 === this.#lookback) ?? [DEFAULT_LOOKBACK];
    return serviceUrl(name, new URLSearchParams({ lookback }));
  }

  /** The calls per minute; those known only from a sample have no rate. */
  #rate({ count }) {
    const rate = count / (this.#lookback / 60e3);
    if (!count) return '–';
    return rate < 10 ? rate.toPrecision(2) : formatCount(Math.round(rate));
  }

  #describe({ parent, child, count, known }) {
    const parts = [count ? `${plural(count, 'call')}, ${this.#rate({ count })} per min` : `${plural(known.count, 'call')} in the sample`];
    if (known) parts.push(`p50 ${formatDuration(known.p50)}`, `p95 ${formatDuration(known.p95)}`, `errors ${formatShare(known.errors / known.count)}`);
    return `${parent} calls ${child}: ${parts.join(', ')}`;
  }

  /** The address of the traces with a call: a query, or those of the sample. */
  #tracesWith({ query, traces }) {
    if (!query) return searchUrl(new URLSearchParams([...traces].slice(0, MAX_TRACES).map((id) => ['traceID', id])));
    const { from, to } = this.#window;
    return searchUrl(new URLSearchParams({ q: query, lookback: 'custom', start: from * 1e6, end: to * 1e6 }));
  }

  #table(edges) {
    const cells = (edge) => [
      this.#nameOf(edge.parent), this.#nameOf(edge.child),
      edge.known ? el('a', { href: this.#tracesWith(edge.known), title: 'Show traces with this call' }, countOf(edge)) : countOf(edge),
      this.#rate(edge),
      edge.known ? formatShare(edge.known.errors / edge.known.count) : '–',
      ...['p50', 'p95', 'p99'].map((name) => (edge.known ? formatDuration(edge.known[name]) : '–')),
    ];
    const titles = ['Caller', 'Callee', 'Calls', 'Calls per min', 'Errors', 'p50', 'p95', 'p99'];
    return el('table', {},
      el('thead', {}, el('tr', {}, titles.map((title) => el('th', { scope: 'col' }, title)))),
      el('tbody', {}, [...edges].sort((a, b) => b.count - a.count).map((edge) =>
        el('tr', {}, cells(edge).map((content) => el('td', {}, content))))));
  }
}

/** A connection: the number of its calls, 0 if only a sample shows it, and what else is `known` of them. */
const newEdge = (parent, child, count) => ({ parent, child, count, known: null });
const countOf = ({ count, known }) => (count ? formatCount(count) : `${formatCount(known.count)} in sample`);
const tracesOf = (service, more = {}) => searchUrl(new URLSearchParams({ service, ...more }));
