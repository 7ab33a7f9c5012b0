import assert from 'node:assert/strict';
import test from 'node:test';

import { alignedWindow, lengthsOf, windowBefore } from '../static/aligned-window.js';

test('a window is cut into parts at multiples of its step, none of them before it', () => {
  for (const seconds of [300, 900, 3600, 10800, 21600, 43200, 86400, 172800, 604800]) {
    const { from, to, step, parts } = alignedWindow(seconds, 1_700_000_123_456);
    assert.equal(to - from, seconds);
    assert.equal(parts * step, seconds);
    assert.ok(parts <= 60 && parts >= 24, `${parts}`);
    assert.equal(to % step, 0);
    assert.ok(to >= 1_700_000_123.456 && to - step < 1_700_000_123.456);
  }
});

test('the window before ends where it starts', () => {
  const window = alignedWindow(900, 1_700_000_123_456);
  const before = windowBefore(window);
  assert.equal(before.to, window.from);
  assert.equal(before.to - before.from, 900);
});

test('the last part counts as long as it has lasted, but not as nearly nothing', () => {
  const window = { from: 0, to: 120, step: 60, parts: 2 };
  assert.deepEqual([...lengthsOf(window, 105_000)], [60, 45]);
  assert.deepEqual([...lengthsOf(window, 61_000)], [60, 30]);
});
