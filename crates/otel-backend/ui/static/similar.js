import { ERROR } from './columns.js';

/** The fewest similar siblings that are shown as one line. */
const LEAST = 8;

/**
 * Finds similar rows: siblings without children and without an error, of the same service and
 * operation. The leader of each such row is the first of them; every other row has -1.
 */
export function similarSiblings({ count, parent, last, depth, operation, service, flags }) {
  const leader = new Int32Array(count).fill(-1);
  const sizes = new Int32Array(count);
  const operations = most(operation) + 1;
  const services = most(service) + 1;
  // The row with which the next ones of its kind are compared. Between siblings lie only deeper rows, so
  // that one for each level is enough.
  const heads = new Map();
  for (let row = 0; row < count; row++) {
    if (parent[row] < 0 || operation[row] < 0 || last[row] !== row + 1 || flags[row] & ERROR) continue;
    const kind = (depth[row] * operations + operation[row]) * services + service[row];
    let head = heads.get(kind);
    if (head === undefined || parent[head] !== parent[row]) heads.set(kind, (head = row));
    leader[row] = head;
    sizes[head]++;
  }
  for (let row = 0; row < count; row++) if (leader[row] >= 0 && sizes[leader[row]] < LEAST) leader[row] = -1;
  return leader;
}

const most = (numbers) => numbers.reduce((greatest, number) => Math.max(greatest, number), 0);

/** The rows with that leader, including the leader. */
export function followersOf({ leader, parent, last }, row) {
  const rows = [];
  const end = last[parent[row]];
  for (let other = row; other < end; other = last[other]) if (leader[other] === row) rows.push(other);
  return rows;
}
