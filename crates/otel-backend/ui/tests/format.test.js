import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatAge, formatCount, formatDuration, formatShare, formatTick, plural } from '../static/format.js';
import { TimeRange } from '../static/time-range.js';
import { forSeeds } from './random.js';

/** Replaces the thin spaces between a number and its unit by plain ones. */
const plain = (text) => text.replaceAll('\u202f', ' ');

test('a duration is told in the unit that a person would choose', () => {
  for (const [micros, text] of [
    [0, '0 µs'], [0.74, '740 ns'], [999.7, '1 ms'], [1, '1 µs'], [999, '999 µs'], [1000, '1 ms'], [48_230, '48.2 ms'], [999_499, '999 ms'], [999_500, '1 s'],
    [1_240_000, '1.24 s'], [59_949_999, '59.9 s'], [59_950_000, '1 min'], [90_000_000, '1 min 30 s'], [3_599_600_000, '1 h'],
    [7_500_000_000, '2 h 5 min'], [97_200_000_000, '1 d 3 h'], [-1500, '−1.5 ms'],
  ]) assert.equal(plain(formatDuration(micros)), text, `${micros} µs`);
});

test('a duration never has a number that the next unit would tell', () => {
  forSeeds(5000, (random) => {
    const micros = random.below(1e9) / 10 ** random.below(9);
    const [value, unit] = plain(formatDuration(micros)).split(' ');
    assert.ok(Number(value) < { ns: 1000, µs: 1000, ms: 1000, s: 60, min: 60 }[unit], `${micros} µs: ${value} ${unit}`);
  });
});

test('counts, shares and ages', () => {
  assert.equal(formatCount(1234567), '1,234,567');
  assert.equal(plural(1, 'span'), '1 span');
  assert.equal(plural(12345, 'span'), '12,345 spans');
  assert.deepEqual([0, 0.0004, 0.004, 0.0949, 0.0996, 0.5, 1].map((share) => plain(formatShare(share))), ['0 %', '<0.1 %', '0.4 %', '9.5 %', '10 %', '50 %', '100 %']);
  const now = 1_700_000_000_000;
  assert.deepEqual([0, 30, 180, 7200, 86_400, -7200].map((seconds) => formatAge(now * 1e3 - seconds * 1e6, now)), ['just now', '30 s ago', '3 min ago', '2 h ago', '1 day ago', 'in 2 h']);
});

test('a tick is exact to the step of its axis', () => {
  for (const [micros, step, text] of [
    [0, 10, '0 µs'], [0, 1e3, '0 ms'], [0, 2e6, '0 s'], [500, 100, '500 µs'], [1500, 500, '1.5 ms'], [2000, 1000, '2 ms'],
    [1_250_000, 50_000, '1.25 s'], [120e6, 60e6, '2 min'],
  ]) assert.equal(plain(formatTick(micros, step)), text);
});

test('what is in view stays within the trace, however it is moved', () => {
  forSeeds(2000, (random) => {
    const begin = random.below(1e6);
    const range = new TimeRange(begin, begin + random.below(1e6));
    for (let moves = random.below(9); moves > 0; moves--) {
      const moment = begin - 1000 + random.below(1e6);
      random.of([
        () => range.set(moment, begin + random.below(1e6)), () => range.zoom(random.of([0.1, 0.5, 2, 9]), moment),
        () => range.pan(random.of([-3, -0.2, 0.2, 3])), () => range.reset(),
      ])();
      assert.ok(range.from >= range.begin && range.to - range.end < 1e-6 && range.to - range.from >= 0.01 - 1e-6, JSON.stringify(range));
    }
    const { step, ticks } = range.ticks(random.below(2000));
    assert.ok(ticks.length <= (range.end - range.begin) / step + 1);
    assert.ok(ticks.every((tick) => tick >= range.from - range.begin - step && tick <= range.to - range.begin));
  });
});
