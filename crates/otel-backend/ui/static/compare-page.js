import { loadTrace, localTrace } from './backend.js';
import { callTree } from './call-tree.js';
import { el } from './dom.js';
import { age } from './ages.js';
import { formatCount, formatDuration, formatTime, plural } from './format.js';
import { colourOf, cssColour } from './palette.js';
import { compareUrl, navigate, spanUrl, traceUrl } from './route.js';
import { operationOf, serviceOf } from './span-text.js';
import { failure, loading } from './states.js';
import { readTraceId } from './trace-id.js';
import { VirtualList } from './virtual-list.js';

const INDENT = 14;
const MAX_INDENT = 20;
const TITLES = ['Call path', 'Spans A', 'Spans B', 'Errors A', 'Errors B', 'Time A', 'Time B', 'Faster in B | Slower in B', 'B − A'];

/** Two traces beside each other, path of calls by path of calls. */
export async function show(page, { id, other }, signal) {
  document.title = 'Compare · otel-backend';
  page.replaceChildren(loading('Opening both traces…'));
  const traces = await Promise.all([id, other].map((wanted) => localTrace(wanted) ?? loadTrace(readTraceId(wanted)?.id ?? wanted)));
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
      el('div.sides', {}, side('A', a), el('a', { href: compareUrl(b.id, a.id), title: 'Swap A and B', 'aria-label': 'Swap A and B' }, '⇄'), side('B', b)),
      el('div.table', { role: 'table', 'aria-label': 'Call paths of both traces' }, head(), this.rows));
    this.rows.addEventListener('click', ({ target }) => open(target.closest('.row')?.item));
    this.#list = new VirtualList({
      scroller: this.rows,
      create: () => el('div.row', { role: 'row' }, Array.from({ length: TITLES.length }, () => el('span', { role: 'cell' }))),
      render: (node, index) => this.#render(node, this.#rows[index]),
    });
  }

  draw() {
    this.#list.reset(this.#rows.length);
  }

  destroy() {
    this.#list.destroy();
  }

  #render(node, row) {
    const { level, name, service, countA, countB, errorsA, errorsB, timeA, timeB, change } = row;
    const [path, spansA, spansB, failedA, failedB, lastingA, lastingB, bar, difference] = node.children;
    node.item = row;
    path.className = 'path';
    path.style.paddingLeft = `${Math.min(level, MAX_INDENT) * INDENT}px`;
    const only = countA === 0 ? 'only in B' : 'only in A';
    path.replaceChildren(el('i.dot', { '--c': cssColour(colourOf(service)) }), el('span', { title: service }, name.slice(0, 300)),
      el('small', { hidden: countA > 0 && countB > 0 }, only));
    for (const [cell, count] of [[failedA, errorsA], [failedB, errorsB]]) cell.className = count ? 'numeric failed' : 'numeric';
    failedA.textContent = errorsA ? formatCount(errorsA) : '';
    failedB.textContent = errorsB ? formatCount(errorsB) : '';
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

/** Shows the first span of a row, in A if it is there. */
async function open(item) {
  if (!item || !getSelection().isCollapsed) return;
  const [spanId] = await item.trace.spanIds([item.row]);
  navigate(spanUrl(item.trace.id, spanId));
}

function side(letter, trace) {
  const { root, epoch, begin, end, count, errors, id } = trace;
  return el('section', { 'aria-label': `Trace ${letter}` },
    el('h1', {}, el('b', {}, letter), el('a', { href: traceUrl(id) }, `${serviceOf(trace, root)}: ${operationOf(trace, root).slice(0, 120)}`)),
    el('p', {}, `${formatDuration(end - begin)} · ${plural(count, 'span')} · ${plural(errors, 'error')} · ${formatTime(epoch + begin)}, `, age(epoch + begin)));
}

function head() {
  return el('div.table-head', { role: 'row' }, TITLES.map((title, index) => el(index ? 'div.numeric' : 'div', { role: 'columnheader' }, title)));
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
    level, trace, row, name: operationOf(trace, row), service: serviceOf(trace, row), errorsA: nodeA?.errors ?? 0, errorsB: nodeB?.errors ?? 0,
    countA: nodeA?.count ?? 0, countB: nodeB?.count ?? 0, timeA, timeB, change: timeB - timeA,
  };
}
