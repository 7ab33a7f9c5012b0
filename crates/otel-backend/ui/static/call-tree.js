import { ERROR } from './columns.js';

/**
 * Groups the spans of a trace by path: spans of the same service and operation with the same callers
 * are one node. `nodes` is filled with the node of each row.
 *
 * A node's `value` is the self time of its spans and of all spans below them, so that the children of
 * a node never exceed it, however much ran in parallel.
 */
export function callTree(trace, rows = null, nodes = new Array(trace.count)) {
  const root = newNode(null, -1);
  const { parent, service, operation, self, duration, flags } = trace;
  const wanted = rows ?? { length: trace.count };
  for (let k = 0; k < wanted.length; k++) {
    const row = rows ? rows[k] : k;
    const above = nodes[parent[row]] ?? root;
    const key = `${trace.services[service[row]].name}\n${trace.operations[operation[row]]}`;
    let node = above.children.get(key);
    if (!node) {
      node = newNode(above, row);
      above.children.set(key, node);
    }
    nodes[row] = node;
    node.count++;
    node.self += self[row];
    node.total += Math.max(0, duration[row]);
    node.value += self[row];
    if (flags[row] & ERROR) node.errors++;
  }
  sumUp(root);
  return root;
}

function newNode(parent, row) {
  return { parent, row, level: parent ? parent.level + 1 : -1, children: new Map(), count: 0, self: 0, total: 0, value: 0, errors: 0 };
}

/** Adds the values of the children to their parents, from below. */
function sumUp(root) {
  const all = [root];
  for (let k = 0; k < all.length; k++) for (const child of all[k].children.values()) all.push(child);
  for (let k = all.length - 1; k > 0; k--) all[k].parent.value += all[k].value;
}
