import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Columns, CYCLE, DUPLICATE, EARLY, FOLLOWS, ORPHAN } from '../static/columns.js';
import { criticalPath } from '../static/critical-path.js';
import { arrange, selfTimes } from '../static/tree.js';
import { forSeeds } from './random.js';

const encoder = new TextEncoder();

/** Columns of spans `{ id, parent, start, duration }`; a missing id or parent is unknown. */
function columnsOf(spans) {
  const columns = new Columns();
  const intern = (text) => {
    const bytes = encoder.encode(text);
    return columns.ids.intern(bytes, 0, bytes.length);
  };
  for (const { id, parent, start = 0, duration = 0, events = [], flags = 0 } of spans) {
    const i = columns.begin();
    if (id) columns.id[i] = intern(id);
    if (parent) columns.parentId[i] = intern(parent);
    columns.start[i] = start;
    columns.duration[i] = duration;
    columns.flags[i] |= flags;
    for (const event of events) columns.addEvent(event);
    columns.commit(0, 0, 0);
  }
  return columns;
}

const arranged = (...spans) => arrange(columnsOf(spans));
const rows = ({ order, depth }) => [...order].map((span, row) => [span, depth[row]]);
const flagged = ({ flags, order }, flag) => [...order].filter((_, row) => flags[row] & flag);

test('a span is followed by its descendants, siblings by their start', () => {
  const tree = arranged(
    { id: 'c', parent: 'a', start: 5 }, { id: 'd', parent: 'b', start: 3 }, { id: 'a', start: 0 }, { id: 'b', parent: 'a', start: 2 },
  );
  assert.deepEqual(rows(tree), [[2, 0], [3, 1], [1, 2], [0, 1]]);
  assert.deepEqual([...tree.last], [4, 3, 3, 4]);
  assert.deepEqual([...tree.parent], [-1, 0, 1, 0]);
});

test('of spans that start together the longer comes first', () => {
  assert.deepEqual(rows(arranged({ id: 'a', duration: 1 }, { id: 'b', duration: 2 })), [[1, 0], [0, 0]]);
});

test('a span whose parent is missing is a root, and marked', () => {
  const tree = arranged({ id: 'a' }, { id: 'b', parent: 'gone' });
  assert.deepEqual(rows(tree), [[0, 0], [1, 0]]);
  assert.deepEqual(flagged(tree, ORPHAN), [1]);
});

test('of spans that share an id the first is the parent', () => {
  const tree = arranged({ id: 'a', start: 1 }, { id: 'a', start: 0 }, { id: 'b', parent: 'a', start: 2 });
  assert.deepEqual(rows(tree), [[1, 0], [0, 0], [2, 1]]);
  assert.ok(flagged(tree, DUPLICATE).includes(1));
});

test('a cycle is cut at its earliest span', () => {
  const tree = arranged({ id: 'a', parent: 'b', start: 7 }, { id: 'b', parent: 'a', start: 3 }, { id: 'self', parent: 'self', start: 9 });
  assert.deepEqual(rows(tree), [[1, 0], [0, 1], [2, 0]]);
  assert.deepEqual(flagged(tree, CYCLE), [1, 2]);
});

test('a link to itself or to a descendant makes no cycle', () => {
  const tree = arranged(
    { id: 'a', parent: 'b', start: 5, flags: FOLLOWS }, { id: 'b', parent: 'a', start: 3 }, { id: 'self', parent: 'self', start: 9, flags: FOLLOWS },
  );
  assert.deepEqual(rows(tree), [[0, 0], [1, 1], [2, 0]]);
  assert.deepEqual(flagged(tree, CYCLE), []);
});

test('a span that begins before its parent is marked', () => {
  assert.deepEqual(flagged(arranged({ id: 'a', start: 5 }, { id: 'b', parent: 'a', start: 4 }), EARLY), [1]);
});

test('events go with their spans', () => {
  const { eventsFrom, eventTime } = arranged({ id: 'b', start: 2, events: [4, 3] }, { id: 'c', start: 3 }, { id: 'a', start: 1, events: [1] });
  assert.deepEqual([...eventsFrom], [0, 1, 3, 3]);
  assert.deepEqual([...eventTime], [1, 4, 3]);
});

/** Spans some of which are orphans, duplicates, their own ancestors, or without an id. */
function anySpans(random) {
  const count = random.below(150);
  const id = () => `s${random.below(count)}`;
  return Array.from({ length: count }, (_, i) => ({
    id: random.once(10) ? id() : random.once(30) ? null : `s${i}`,
    parent: random.once(6) ? null : random.once(9) ? 'gone' : random.once(4) ? id() : `s${random.below(i + 1)}`,
    start: random.below(100), duration: random.below(50),
  }));
}

test('whatever the spans are, each has one row, below its parent and within its branch', () => {
  forSeeds(2000, (random) => {
    const spans = anySpans(random);
    const { order, depth, parent, last, start, flags, count } = arrange(columnsOf(spans));
    assert.deepEqual([...order].sort((a, b) => a - b), spans.map((_, i) => i));
    for (let row = 0; row < count; row++) {
      const above = parent[row];
      assert.equal(depth[row], above < 0 ? 0 : depth[above] + 1);
      assert.ok(last[row] > row && last[row] <= count);
      if (above < 0) continue;
      assert.ok(above < row && row < last[above] && last[row] <= last[above]);
      assert.equal(spans[order[row]].parent, spans[order[above]].id);
      assert.ok(!(flags[row] & ORPHAN));
      const sibling = last[row];
      if (sibling < last[above]) assert.ok(start[row] <= start[sibling]);
    }
  });
});

/** The time of a row in which none of its children ran, counted moment by moment. */
function selfTime({ count, parent, start, duration }, row) {
  let time = 0;
  for (let moment = start[row]; moment < start[row] + duration[row]; moment++) {
    let isCovered = false;
    for (let k = 0; k < count; k++) isCovered ||= parent[k] === row && start[k] <= moment && moment < start[k] + duration[k];
    if (!isCovered) time++;
  }
  return time;
}

test('the time of a span itself is that in which no child ran', () => {
  forSeeds(300, (random) => {
    const tree = arrange(columnsOf(anySpans(random)));
    assert.deepEqual([...selfTimes(tree)], [...tree.order].map((_, row) => selfTime(tree, row)));
  });
});

test('the critical path covers the time of the first root once', () => {
  forSeeds(1000, (random) => {
    const tree = arrange(columnsOf(anySpans(random)));
    const { pathStart, pathEnd } = criticalPath(tree);
    const pieces = [...pathStart].map((from, j) => [from, pathEnd[j]]).sort(([a], [b]) => a - b);
    if (tree.count === 0) return;
    let reached = tree.start[0];
    for (const [from, to] of pieces) {
      assert.ok(from === reached && to > from, `${JSON.stringify(pieces)} of [${tree.start[0]}, +${tree.duration[0]})`);
      reached = to;
    }
    assert.equal(reached, tree.start[0] + tree.duration[0]);
  });
});
