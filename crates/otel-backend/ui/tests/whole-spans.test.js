import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LoadedTrace } from '../static/loaded-trace.js';
import { Scanner } from '../static/scan.js';
import { WholeSpans } from '../static/whole-spans.js';

const encoder = new TextEncoder();
const outline = (spanID) => ({ spanID, operationName: 'work', startTime: 5, duration: 1, processID: 'p1' });
const whole = (spanID) => ({ ...outline(spanID), tags: [{ key: 'of', type: 'string', value: spanID.repeat(40) }] });
const textOf = (spans) => JSON.stringify({ data: [{ traceID: 'abc', spans, processes: { p1: { serviceName: 'shop', tags: [] } } }] });

function outlined(...ids) {
  let trace;
  const scanner = new Scanner((columns, members) => (trace = new LoadedTrace(columns, members, scanner.segments)));
  scanner.push(encoder.encode(textOf(ids.map(outline))));
  scanner.finish();
  return trace;
}

/** Stands in for the backend: each answer is a stream that the test writes to. */
function backend() {
  const asked = [];
  globalThis.fetch = (url, { signal }) => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    asked.push({ url, signal, write: (text) => writer.write(encoder.encode(text)), end: () => writer.close() });
    return Promise.resolve(new Response(readable));
  };
  return asked;
}

const urlOf = (first) => `/api/traces/abc?first=${first}`;

test('a span that is wanted is asked for first, and known before the others have come', async () => {
  const asked = backend();
  const trace = outlined('a', 'b', 'c');
  const spans = new WholeSpans(trace, urlOf);
  const found = spans.of(1);
  const text = textOf(['b', 'a', 'c'].map(whole));
  const half = text.indexOf('"spanID":"a"');
  asked[0].write(text.slice(0, half));
  await found;
  assert.equal(asked[0].url, '/api/traces/abc?first=b');
  assert.deepEqual(trace.span(1).span, whole('b'));
  assert.equal(trace.isWhole(2), false);
  const all = spans.all();
  asked[0].write(text.slice(half));
  asked[0].end();
  await all;
  assert.deepEqual(trace.span(2).span, whole('c'));
  await spans.of(0);
  assert.equal(asked.length, 1, 'all are read once');
});

test('what failed is asked for again the next time', async () => {
  const asked = backend();
  const spans = new WholeSpans(outlined('a'), urlOf);
  const failed = spans.all();
  asked[0].end();
  await assert.rejects(failed, /the JSON ends early/);
  const again = spans.all();
  asked[1].write(textOf([whole('a')]));
  asked[1].end();
  await again;
});

test('of a span that is gone there is what was known of it', async () => {
  const asked = backend();
  const trace = outlined('a', 'b');
  const spans = new WholeSpans(trace, urlOf);
  const found = spans.of(1);
  asked[0].write(textOf([whole('a')]));
  asked[0].end();
  await found;
  assert.deepEqual(trace.span(1).span, outline('b'));
});

test('a trace that is left is read no further', () => {
  const asked = backend();
  const spans = new WholeSpans(outlined('a'), urlOf);
  spans.all().catch(() => {});
  assert.equal(asked[0].signal.aborted, false);
  spans.drop();
  assert.equal(asked[0].signal.aborted, true);
});
