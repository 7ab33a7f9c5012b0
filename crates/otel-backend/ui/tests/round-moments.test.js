import assert from 'node:assert/strict';
import { test } from 'node:test';

import { roundMoments } from '../static/round-moments.js';
import { forSeeds } from './random.js';

const NOW = 1_790_000_000e6;

test('the moments of an axis are round, each there once, and few', () => forSeeds(200, (random) => {
  const from = NOW + random.below(86_400) * 1e6 + random.below(1e6);
  const to = from + 10 ** (6 + random.below(7)) * (1 + random.below(9));
  const { step, moments } = roundMoments(from, to, 6);
  assert.ok(moments.length <= 7 || step >= 365 * 86400e6, `${moments.length} moments`);
  const offset = new Date(from / 1000).getTimezoneOffset() * 60e6;
  for (const moment of moments) {
    assert.ok(moment >= from && moment <= to);
    assert.equal((moment - offset) % step, 0);
  }
  // Told to the second, no two are alike.
  assert.equal(new Set(moments.map((moment) => Math.floor(moment / 1e6))).size, moments.length);
}));
