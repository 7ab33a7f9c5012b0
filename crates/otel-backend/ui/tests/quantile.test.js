import assert from 'node:assert/strict';
import { test } from 'node:test';

import { quantileOf } from '../static/quantile.js';

/** The same numbers as in the test of TraceQL's quantiles. */
test('quantiles lie between the bounds of their buckets', () => {
  const buckets = [[8, 2], [16, 0], [32, 2]];
  for (const [share, expected] of [[0.5, 8], [0, 8 / Math.SQRT2], [0.75, 16], [1, 32]]) {
    assert.ok(Math.abs(quantileOf(buckets, share) - expected) < 1e-9, `${share}`);
  }
  assert.equal(quantileOf([], 0.5), 0);
});
