import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Columns } from '../static/columns.js';
import { Interner } from '../static/interner.js';
import { forSeeds } from './random.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

test('columns grow and keep what they hold', () => {
  const columns = new Columns();
  for (let span = 0; span < 1000; span++) {
    const i = columns.begin();
    columns.start[i] = span;
    for (let event = 0; event < span % 4; event++) columns.addEvent(10 * span + event);
    columns.commit(span % 3, span, span + 1);
  }
  assert.equal(columns.count, 1000);
  assert.deepEqual([columns.start[999], columns.segment[998], columns.from[997], columns.to[996]], [999, 998 % 3, 997, 997]);
  assert.deepEqual([...columns.eventTime.subarray(columns.eventsEnd[6], columns.eventsEnd[7])], [70, 71, 72]);
});

test('a span that was only half read leaves nothing behind', () => {
  const columns = new Columns();
  columns.begin();
  columns.commit(0, 0, 1);
  let i = columns.begin();
  columns.flags[i] = 8;
  columns.id[i] = 3;
  columns.addEvent(7);
  i = columns.begin();
  columns.commit(0, 1, 2);
  assert.deepEqual([columns.count, columns.flags[i], columns.id[i], columns.eventsEnd[i]], [2, 0, -1, 0]);
});

test('equal texts have the same number, others have others', () => {
  forSeeds(20, (random) => {
    const interner = new Interner();
    const numbers = new Map();
    for (let k = 0; k < 3000; k++) {
      const text = 'é'.repeat(random.below(3)) + random.below(2000).toString(36);
      const bytes = encoder.encode(`--${text}--`);
      const number = interner.intern(bytes, 2, bytes.length - 2);
      assert.equal(numbers.get(text) ?? number, number);
      numbers.set(text, number);
    }
    assert.equal(interner.size, numbers.size);
    for (const [text, number] of numbers) assert.equal(decoder.decode(interner.get(number)), text);
  });
});
