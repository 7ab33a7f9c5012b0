import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LoadedTrace } from '../static/loaded-trace.js';
import { Scanner } from '../static/scan.js';
import { forSeeds } from './random.js';

const encoder = new TextEncoder();
const processes = { p1: { serviceName: 'shop', tags: [{ key: 'host', value: 'a' }] } };

const outline = (spanID, more = {}) => ({ spanID, operationName: 'work', startTime: 5, duration: 1, processID: 'p1', ...more });
const whole = (span, key = 'n') => ({ ...span, tags: [{ key, type: 'int64', value: 7 }] });
const bytesOf = (spans) => encoder.encode(JSON.stringify({ data: [{ traceID: 'abc', spans, processes }] }));

function outlined(spans) {
  let trace;
  const scanner = new Scanner((columns, members) => (trace = new LoadedTrace(columns, members, scanner.segments)));
  scanner.push(bytesOf(spans));
  scanner.finish();
  return trace;
}

/** Gives a trace the spans in whole, in pieces of that many bytes; `look` is called behind each. */
function complete(trace, spans, size, look = () => {}) {
  const scanner = new Scanner((columns) => trace.take(columns, scanner.segments));
  const bytes = bytesOf(spans);
  for (let at = 0; at < bytes.length; at += size) {
    scanner.push(bytes.slice(at, at + size));
    if (!scanner.isDone) trace.take(scanner.columns, scanner.segments);
    look();
  }
  scanner.finish();
}

test('a span is known in whole as soon as it has come', () => {
  const spans = Array.from({ length: 9 }, (_, at) => outline(`s${at}`));
  const trace = outlined(spans);
  assert.deepEqual(JSON.parse(trace.json(0)), spans[0]);
  const known = [];
  complete(trace, spans.map((span) => whole(span)), 100, () => known.push(spans.filter((_, row) => trace.isWhole(row)).length));
  assert.ok(known.some((count) => count > 0 && count < 9), `${known}`);
  assert.equal(known.at(-1), 9);
  assert.deepEqual(trace.span(1), { json: JSON.stringify(whole(spans[1])), span: whole(spans[1]), process: processes.p1, linkedFrom: [] });
});

test('it can be searched by what has come later', () => {
  const spans = [outline('a'), outline('b')];
  const trace = outlined(spans);
  complete(trace, [spans[0], whole(spans[1], 'cart.items')], 1000);
  assert.deepEqual([...trace.having('cart.items', '7')], [1]);
});

test('of spans that share an id each has its own JSON', () => {
  const spans = [outline('a'), outline('a', { startTime: 6 }), outline('a', { startTime: 7 })];
  const trace = outlined(spans);
  complete(trace, spans.map((span, at) => whole(span, `k${at}`)), 1000);
  assert.deepEqual([0, 1, 2].map((row) => trace.span(row).span.tags[0].key), ['k0', 'k1', 'k2']);
});

test('spans in another order, more of them or fewer are told apart by their ids', () => forSeeds(200, (random) => {
  const spans = Array.from({ length: 1 + random.below(30) }, (_, at) => outline(`s${at}`, { startTime: at + 1 }));
  const later = [...spans.filter(() => !random.once(5)), ...random.list(3, (_, at) => outline(`new${at}`))].map((span) => whole(span));
  const trace = outlined(spans);
  complete(trace, random.shuffled(later), 1 + random.below(400));
  spans.forEach((span, row) => {
    const found = later.find(({ spanID }) => spanID === span.spanID);
    assert.equal(trace.isWhole(row), found !== undefined);
    assert.deepEqual(JSON.parse(trace.json(row)), found ?? span);
  });
}));
