import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forSeeds } from './random.js';

// The page knows its theme before anything else.
globalThis.matchMedia = () => ({ matches: false });
const { colourOf, coloursOf } = await import('../static/palette.js');

const named = (count) => Array.from({ length: count }, (_, at) => `service-${at}`);

test('as many services as there are colours have each its own', () => {
  assert.equal(new Set(coloursOf(named(16))).size, 16);
  assert.ok(coloursOf(named(60)).every((colour) => colour >= 0 && colour < 16));
});

test('the colours of a trace depend on the names alone, not on the order in which they are met', () => forSeeds(50, (random) => {
  const names = named(1 + random.below(30));
  const colours = new Map(names.map((name, at) => [name, coloursOf(names)[at]]));
  const other = random.shuffled(names);
  coloursOf(other).forEach((colour, at) => assert.equal(colour, colours.get(other[at])));
}));

test('a service alone has the colour that it has on every page', () => {
  for (const name of named(40)) assert.deepEqual(coloursOf([name]), [colourOf(name)]);
});
