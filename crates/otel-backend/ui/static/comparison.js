import { callTree } from './call-tree.js';
import { el } from './dom.js';
import { formatCount, formatDuration } from './format.js';
import { colourOf, cssColour } from './palette.js';
import { pathDetails } from './path-details.js';
import { SortableTable } from './sortable-table.js';
import { operationOf, serviceOf } from './span-text.js';

const INDENT = 14;
const MAX_INDENT = 20;

/**
 * The call paths of two traces as a table; a row leads to its spans and to the differences of their
 * attributes.
 */
export class Comparison {
  #a;
  #b;
  #rows;
  #table;
  #open = null;

  constructor(a, b) {
    [this.#a, this.#b] = [a, b];
    this.#rows = merged(nodesOf(a), nodesOf(b), a, b);
    const most = this.#rows.reduce((greatest, { change }) => Math.max(greatest, Math.abs(change)), 1);
    this.#table = new SortableTable({
      label: 'Call paths', sorted: 0, descending: false, columns: columns(most),
      pick: (row) => this.#show(row),
      selected: (row) => row === this.#open,
    });
    this.details = el('aside.details', { 'aria-label': 'Call path', tabindex: -1, hidden: true });
    this.node = el('div.body', {}, this.#table.node, this.details);
  }

  draw() {
    this.#table.set(this.#rows);
  }

  destroy() {
    this.#table.destroy();
  }

  async #show(row) {
    if (!getSelection().isCollapsed) return;
    this.#open = row;
    this.#table.redraw();
    const content = await pathDetails(row, this.#a, this.#b, () => this.#close());
    if (this.#open !== row) return;
    this.details.replaceChildren(content);
    this.details.hidden = false;
  }

  #close() {
    this.#open = null;
    this.details.hidden = true;
    this.#table.redraw();
    this.#table.node.focus();
  }
}

function columns(most) {
  const number = (title, width, of, say = formatCount) => ({ title, width, numeric: true, by: (row) => of(row) ?? -Infinity, text: (row) => (of(row) === null ? '–' : say(of(row))) });
  const errors = (title, key) => ({ ...number(title, '72px', (row) => row[key], (count) => (count ? formatCount(count) : '')), cell: (cell, row) => cell.classList.toggle('failed', row[key] > 0) });
  const ifThere = (count, of) => (row) => (row[count] ? of(row) : null);
  return [
    { title: 'Call path', width: 'minmax(220px, 1fr)', by: ({ at }) => at, text: () => '', cell: drawPath },
    number('Spans A', '72px', ifThere('countA', ({ countA }) => countA)), number('Spans B', '72px', ifThere('countB', ({ countB }) => countB)),
    errors('Errors A', 'errorsA'), errors('Errors B', 'errorsB'),
    number('Time A', '90px', ifThere('countA', ({ timeA }) => timeA), formatDuration), number('Time B', '90px', ifThere('countB', ({ timeB }) => timeB), formatDuration),
    { title: 'Faster in B | Slower in B', width: '200px', by: ({ change }) => change, text: () => '', cell: (cell, row) => drawChange(cell, row, most) },
    number('B − A', '90px', ({ change }) => change, (change) => (change === 0 ? '±0' : `${change > 0 ? '+' : ''}${formatDuration(change)}`)),
    number('B ÷ A', '72px', ({ timeA, timeB, countB }) => (timeA > 0 && countB ? timeB / timeA : null), (ratio) => `×${ratio < 9.95 ? ratio.toFixed(2) : Math.round(ratio)}`),
  ];
}

function drawPath(cell, { level, name, service, countA, countB }) {
  cell.className = 'path';
  cell.style.paddingLeft = `${Math.min(level, MAX_INDENT) * INDENT}px`;
  cell.replaceChildren(el('i.dot', { '--c': cssColour(colourOf(service)) }), el('span', { title: service }, name.slice(0, 300)),
    el('small', { hidden: countA > 0 && countB > 0 }, countA === 0 ? 'only in B' : 'only in A'));
}

function drawChange(cell, { change }, most) {
  cell.className = `change ${change > 0 ? 'slower' : 'faster'}`;
  cell.style.setProperty('--share', `${(50 * Math.abs(change)) / most}%`);
}

/** The call paths of a trace, each with its rows. */
function nodesOf(trace) {
  const nodes = new Array(trace.count);
  const root = callTree(trace, null, nodes);
  for (let row = 0; row < nodes.length; row++) (nodes[row].rows ??= []).push(row);
  return root;
}

/**
 * The paths of both trees in the order of the first, with those only in the second after their
 * siblings.
 */
function merged(rootA, rootB, a, b) {
  const rows = [];
  const pending = [[rootA, rootB]];
  while (pending.length) {
    const [nodeA, nodeB] = pending.pop();
    const [node, trace] = nodeA ? [nodeA, a] : [nodeB, b];
    if (node.parent) rows.push(rowOf(node, trace, nodeA, nodeB, rows.length));
    for (const pair of pairsOf(nodeA, nodeB).reverse()) pending.push(pair);
  }
  return rows;
}

/**
 * The children of both by name. If each trace has one root, the roots are a pair whatever their names
 * are.
 */
function pairsOf(nodeA, nodeB) {
  const [inA, inB] = [nodeA, nodeB].map((node) => node?.children ?? new Map());
  if (nodeA && !nodeA.parent && nodeB && inA.size === 1 && inB.size === 1) return [[...inA.values(), ...inB.values()]];
  return [...new Set([...inA.keys(), ...inB.keys()])].map((name) => [inA.get(name), inB.get(name)]);
}

function rowOf({ level, row }, trace, nodeA, nodeB, at) {
  const timeA = nodeA?.total ?? 0;
  const timeB = nodeB?.total ?? 0;
  return {
    at, level, name: operationOf(trace, row), service: serviceOf(trace, row), errorsA: nodeA?.errors ?? 0, errorsB: nodeB?.errors ?? 0,
    countA: nodeA?.count ?? 0, countB: nodeB?.count ?? 0, timeA, timeB, change: timeB - timeA, rowsA: nodeA?.rows ?? [], rowsB: nodeB?.rows ?? [],
  };
}
