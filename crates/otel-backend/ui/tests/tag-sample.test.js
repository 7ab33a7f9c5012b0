import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Scanner } from '../static/scan.js';
import { TagSample } from '../static/tag-sample.js';

function sampleOf(answer) {
  const sample = new TagSample();
  const scanner = new Scanner((columns, members) => sample.add(columns, members, scanner.segments));
  scanner.push(new TextEncoder().encode(JSON.stringify(answer)));
  scanner.finish();
  return sample.tags;
}

test('tags of spans and processes are offered, whatever the order of their members', () => {
  const spans = [
    { tags: [{ value: 'GET', type: 'string', key: 'http.method' }, { key: 'retries', type: 'int64', value: 3 }] },
    { tags: [{ key: 'http.method', value: 'POST' }, { key: 'http.method', value: 'GET' }] }, { tags: null }, {},
  ];
  const processes = { p1: { serviceName: 'shop', tags: [{ type: 'string', value: 'here', key: 'host' }] }, p2: {} };
  assert.deepEqual(sampleOf({ data: [{ spans, processes }] }), [['host', 'here'], ['http.method', 'GET'], ['http.method', 'POST'], ['retries', '3']]);
});

test('a few values of a tag are offered, and none that would have to be quoted', () => {
  const tags = ['a', 'b', 'c', 'd', 'e', 'say "x"', 'x'.repeat(61), { nested: 1 }].map((value) => ({ key: 'k', value }));
  const span = { tags: [...tags, { key: 'two words', value: 'x' }] };
  assert.deepEqual(sampleOf([{ spans: [span] }]).map(([, value]) => value), ['a', 'b', 'c', 'd']);
});
