import assert from 'node:assert/strict';
import test from 'node:test';

import { changesOf } from '../static/service-changes.js';

const of = (count, errors, p95) => ({ count, errors, p95 });
const kinds = (...operations) => changesOf(operations.map(([now, before], at) => ({ name: `o${at}`, now, before })))
  .map(({ kind, operation }) => `${operation.name} ${kind}`);

test('operations that became slower, fail more, are new or gone', () => {
  assert.deepEqual(kinds(
    [of(10, 0, 200), of(10, 0, 100)],
    [of(100, 10, 100), of(100, 1, 100)],
    [of(3, 0, 1), of(0, 0, 0)],
    [of(0, 0, 0), of(4, 0, 1)],
    [of(10, 0, 900), of(10, 0, 100)],
  ), ['o1 errors', 'o4 slower', 'o0 slower', 'o2 new', 'o3 gone']);
});

test('few spans and small differences say nothing', () => {
  assert.deepEqual(kinds(
    [of(4, 4, 200), of(100, 0, 100)],
    [of(100, 11, 140), of(100, 10, 100)],
    [of(1000, 10, 100), of(1000, 0, 100)],
  ), []);
});

test('where nothing was before, nothing is new', () => {
  assert.deepEqual(kinds([of(5, 0, 1), of(0, 0, 0)]), []);
});
