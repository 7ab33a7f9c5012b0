import assert from 'node:assert/strict';
import { test } from 'node:test';

// The page knows its address and its theme before anything else.
globalThis.location = { pathname: '/search', search: '', origin: 'http://localhost' };
globalThis.matchMedia = () => ({ matches: false });
const { lengthsOf, windowBefore, windowBetween } = await import('../static/windows.js');

test('windows are of whole steps and whole seconds, and of the same spans as what is asked for', () => {
  assert.deepEqual(windowBetween(1000, 4600), { from: 960, to: 4620, step: 60 });
  assert.deepEqual(windowBetween(10.4, 12.2), { from: 10, to: 13, step: 0.05 });
  assert.deepEqual(windowBetween(5, 5), { from: 5, to: 6, step: 0.05 });
  for (const [begin, end] of [[1, 1e9], [1700000001, 1700086401], [3, 400]]) {
    const { from, to, step } = windowBetween(begin, end);
    assert.ok(from <= begin && to >= end && Number.isInteger((to - from) / step) && (to - from) / step <= 61, `${begin} to ${end}`);
  }
});

test('the window before ends where it starts, and is as long', () => {
  assert.deepEqual(windowBefore({ from: 960, to: 4620, step: 60 }), { from: -2700, to: 960, step: 60 });
});

test('the last step counts as long as it has lasted, but not as nearly nothing', () => {
  const window = { from: 0, to: 120, step: 60 };
  assert.deepEqual(lengthsOf(window, 105_000), [60, 45]);
  assert.deepEqual(lengthsOf(window, 61_000), [60, 30]);
});
