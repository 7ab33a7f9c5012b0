import { loadTrace, localTrace } from './backend.js';
import { callTree } from './call-tree.js';
import { el } from './dom.js';
import { formatAge, formatCount, formatDuration, formatTime, plural } from './format.js';
import { colourOf, cssColour } from './palette.js';
import { compareUrl, traceUrl } from './route.js';
import { operationOf, serviceOf } from './span-text.js';
import { failure, loading } from './states.js';
import { VirtualList } from './virtual-list.js';

const INDENT = 14;
const MAX_INDENT = 20;

/** Two traces beside each other, path of calls by path of calls. */
export async function show(page, { id, other }, signal) {
  document.title = 'Compare · otel-backend';
  page.replaceChildren(loading('Opening both traces…'));
  const traces = await Promise.all([id, other].map((wanted) => localTrace(wanted) ?? loadTrace(wanted)));
  if (signal.aborted) return;
  const missing = traces.findIndex(({ error }) => error);
  if (missing >= 0) {
    const { message } = traces[missing].error;
    page.replaceChildren(failure('The traces cannot be compared', `Opening trace ${[id, other][missing]}: ${message}.`, () => show(page, { id, other }, signal)));
    return;
  }
  const list = new Comparison(...traces);
  page.replaceChildren(list.node);
  list.draw();
  signal.addEventListener('abort', () => {
    list.destroy();
    for (const trace of traces) if (!trace.isLocal) trace.drop();
  });
}

class Comparison {
  #rows;
  #most;
  #list;

  constructor(a, b) {
    this.#rows = merged(callTree(a), callTree(b), a, b);
    this.#most = this.#rows.reduce((most, { change }) => Math.max(most, Math.abs(change)), 1);
    this.rows = el('div.rows', { role: 'rowgroup', tabindex: 0 });
    this.node = el('div.trace.compare', {},
      el('div.sides', {}, side('A', a), el('a', { href: compareUrl(b.id, a.id), title: 'Exchange A and B' }, '⇄'), side('B', b)),
      el('div.table', { role: 'table', 'aria-label': 'Calls of both traces' }, head(), this.rows));
    this.#list = new VirtualList({
      scroller: this.rows,
      create: () => el('div.row', { role: 'row' }, Array.from({ length: 7 }, () => el('span', { role: 'cell' }))),
      render: (node, index) => this.#render(node, this.#rows[index]),
    });
  }

  draw() {
    this.#list.reset(this.#rows.length);
  }

  destroy() {
    this.#list.destroy();
  }

  #render(node, { level, name, service, countA, countB, timeA, timeB, change }) {
    const [path, spansA, spansB, lastingA, lastingB, bar, difference] = node.children;
    path.className = 'path';
    path.style.paddingLeft = `${Math.min(level, MAX_INDENT) * INDENT}px`;
    const only = countA === 0 ? 'only in B' : 'only in A';
    path.replaceChildren(el('i.dot', { '--c': cssColour(colourOf(service)) }), el('span', { title: service }, name.slice(0, 300)),
      el('small', { hidden: countA > 0 && countB > 0 }, only));
    for (const [cell, text] of [[spansA, countA && formatCount(countA)], [spansB, countB && formatCount(countB)],
      [lastingA, countA && formatDuration(timeA)], [lastingB, countB && formatDuration(timeB)]]) {
      cell.className = 'numeric';
      cell.textContent = text || '–';
    }
    bar.className = `change ${change > 0 ? 'slower' : 'faster'}`;
    bar.style.setProperty('--share', `${(50 * Math.abs(change)) / this.#most}%`);
    difference.className = 'numeric';
    difference.textContent = change === 0 ? '±0' : `${change > 0 ? '+' : ''}${formatDuration(change)}`;
  }
}

function side(letter, trace) {
  const { root, begin, end, count, errors, id } = trace;
  return el('section', { 'aria-label': `Trace ${letter}` },
    el('h1', {}, el('b', {}, letter), el('a', { href: traceUrl(id) }, `${serviceOf(trace, root)}: ${operationOf(trace, root).slice(0, 120)}`)),
    el('p', {}, `${formatDuration(end - begin)} · ${plural(count, 'span')} · ${plural(errors, 'error')} · ${formatTime(begin)}, ${formatAge(begin)}`));
}

function head() {
  const titles = ['Call', 'Spans A', 'Spans B', 'Time A', 'Time B', 'B faster | B slower', 'B − A'];
  return el('div.table-head', { role: 'row' }, titles.map((title, index) => el(index ? 'div.numeric' : 'div', { role: 'columnheader' }, title)));
}

/** The paths of both trees in the order of the first, those only in the second after their siblings. */
function merged(rootA, rootB, a, b) {
  const rows = [];
  const pending = [[rootA, rootB]];
  while (pending.length) {
    const [nodeA, nodeB] = pending.pop();
    const [node, trace] = nodeA ? [nodeA, a] : [nodeB, b];
    if (node.parent) rows.push(rowOf(node, trace, nodeA, nodeB));
    for (const pair of pairsOf(nodeA, nodeB).reverse()) pending.push(pair);
  }
  return rows;
}

/** The children of both by name. Of two traces with a root each, the roots are a pair by any name. */
function pairsOf(nodeA, nodeB) {
  const [inA, inB] = [nodeA, nodeB].map((node) => node?.children ?? new Map());
  if (nodeA && !nodeA.parent && nodeB && inA.size === 1 && inB.size === 1) return [[...inA.values(), ...inB.values()]];
  return [...new Set([...inA.keys(), ...inB.keys()])].map((name) => [inA.get(name), inB.get(name)]);
}

function rowOf({ level, row }, trace, nodeA, nodeB) {
  const timeA = nodeA?.total ?? 0;
  const timeB = nodeB?.total ?? 0;
  return {
    level, name: operationOf(trace, row), service: serviceOf(trace, row),
    countA: nodeA?.count ?? 0, countB: nodeB?.count ?? 0, timeA, timeB, change: timeB - timeA,
  };
}
