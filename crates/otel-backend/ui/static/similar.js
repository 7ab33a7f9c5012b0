import { ERROR } from './columns.js';

/** The fewest similar siblings that are shown as one line. */
const LEAST = 8;

/**
 * Finds similar rows: siblings without children and without an error, of the same service and
 * operation. The leader of each such row is the first of them; every other row has -1.
 */
export function similarSiblings({ count, parent, last, operation, service, flags }) {
  const leader = new Int32Array(count).fill(-1);
  const sizes = new Int32Array(count);
  // The row with which the next ones of an operation are compared; most are the only one of their
  // kind.
  const heads = new Int32Array(1 + operation.reduce((most, number) => Math.max(most, number), 0)).fill(-1);
  for (let row = 0; row < count; row++) {
    if (parent[row] < 0 || operation[row] < 0 || last[row] !== row + 1 || flags[row] & ERROR) continue;
    let head = heads[operation[row]];
    if (head < 0 || parent[head] !== parent[row] || service[head] !== service[row]) heads[operation[row]] = head = row;
    leader[row] = head;
    sizes[head]++;
  }
  for (let row = 0; row < count; row++) if (leader[row] >= 0 && sizes[leader[row]] < LEAST) leader[row] = -1;
  return leader;
}

/** The rows with that leader, including the leader. */
export function followersOf({ leader, parent, last }, row) {
  const rows = [];
  const end = last[parent[row]];
  for (let other = row; other < end; other = last[other]) if (leader[other] === row) rows.push(other);
  return rows;
}
