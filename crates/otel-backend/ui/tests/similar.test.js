import assert from 'node:assert/strict';
import { test } from 'node:test';

import { followersOf, similarSiblings } from '../static/similar.js';

const LEAF = 0;
const BRANCH = 1;

/** A root with children, of which each branch has a child of its own; all have the same operation and service. */
function treeOf(children) {
  const tree = { parent: [-1], last: [], depth: [0], operation: [], service: [], flags: [] };
  for (const child of children) {
    const row = tree.parent.push(0) - 1;
    tree.depth.push(1);
    if (child !== BRANCH) continue;
    tree.parent.push(row);
    tree.depth.push(2);
  }
  const count = tree.parent.length;
  const same = new Int32Array(count);
  const last = Int32Array.from(tree.parent, (_, row) => (tree.parent[row + 1] === row ? row + 2 : row + 1));
  last[0] = count;
  return { ...tree, count, last, operation: same, service: same, flags: same };
}

test('similar siblings are found on both sides of a branch', () => {
  const tree = treeOf([LEAF, LEAF, LEAF, LEAF, BRANCH, LEAF, LEAF, LEAF, LEAF]);
  const leader = similarSiblings(tree);
  const leaves = [1, 2, 3, 4, 7, 8, 9, 10];
  assert.deepEqual([...leader], [...Array(tree.count).keys()].map((row) => (leaves.includes(row) ? 1 : -1)));
  assert.deepEqual(followersOf({ ...tree, leader }, 1), leaves);
});

test('children of different parents are not similar', () => {
  const leader = similarSiblings(treeOf(Array(8).fill(BRANCH)));
  assert.ok(leader.every((row) => row === -1));
});

test('a few siblings stay as they are', () => {
  assert.ok(similarSiblings(treeOf(Array(7).fill(LEAF))).every((row) => row === -1));
});
