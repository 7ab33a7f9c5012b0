import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ENDLESS, ERROR, KIND, KINDS, UNPLACED, WARNED } from '../static/columns.js';
import { Scanner } from '../static/scan.js';
import { forSeeds } from './random.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The traces in the bytes, which arrive in pieces of these lengths. */
function scan(bytes, lengthOfPiece = () => bytes.length || 1) {
  const traces = [];
  const scanner = new Scanner((columns, members) => traces.push({ spans: rowsOf(columns, scanner.segments), members }));
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + lengthOfPiece());
    scanner.push(bytes.subarray(from, to));
    from = to;
  }
  scanner.finish();
  return { traces, envelope: scanner.envelope };
}

const scanText = (text) => scan(encoder.encode(text));
const scanSpan = (span) => scanText(JSON.stringify({ data: [{ spans: [span] }] })).traces[0].spans[0];

function rowsOf(columns, segments) {
  const moment = (time) => (Number.isNaN(time) ? null : columns.epoch + time);
  const text = (interner, number) => (number < 0 ? null : JSON.parse(`"${decoder.decode(interner.get(number))}"`));
  return Array.from({ length: columns.count }, (_, i) => ({
    id: text(columns.ids, columns.id[i]),
    parent: text(columns.ids, columns.parentId[i]),
    operation: text(columns.operations, columns.operation[i]),
    process: text(columns.processes, columns.process[i]),
    start: moment(columns.start[i]),
    duration: columns.duration[i],
    kind: KINDS[columns.flags[i] & KIND],
    isError: (columns.flags[i] & ERROR) !== 0,
    isWarned: (columns.flags[i] & WARNED) !== 0,
    isUnplaced: (columns.flags[i] & UNPLACED) !== 0,
    isEndless: (columns.flags[i] & ENDLESS) !== 0,
    events: [...columns.eventTime.subarray(i === 0 ? 0 : columns.eventsEnd[i - 1], columns.eventsEnd[i])].map(moment),
    json: JSON.parse(decoder.decode(segments[columns.segment[i]].subarray(columns.from[i], columns.to[i]))),
  }));
}

/** The expected columns of a span, from the result of `JSON.parse`. */
function expected(span) {
  const text = (value) => (typeof value === 'string' ? value : null);
  const number = (value) => (typeof value === 'number' || typeof value === 'string' ? Number(value) || 0 : 0);
  const start = moment(span.startTime);
  const duration = number(span.duration);
  const isEndless = start !== null && duration < 0 && start + duration < 1;
  const list = (value) => (Array.isArray(value) ? value : []);
  const objects = (value) => list(value).filter((item) => item !== null && typeof item === 'object' && !Array.isArray(item));
  const tags = objects(span.tags);
  const kinds = tags.filter(({ key, value }) => key === 'span.kind' && KINDS.includes(value, 1));
  return {
    id: text(span.spanID),
    parent: text(span.parentSpanID) || referred(span, list(span.references)),
    operation: text(span.operationName),
    process: text(span.processID),
    start,
    duration: isEndless ? 0 : duration,
    kind: kinds[0]?.value ?? '',
    isError: tags.some(({ key, value }) => key === 'error' && String(value) === 'true' && !Array.isArray(value)),
    isWarned: list(span.warnings).length > 0,
    isUnplaced: start === null,
    isEndless,
    events: objects(span.logs).filter((log) => 'timestamp' in log).map(({ timestamp }) => moment(timestamp)),
    json: span,
  };
}

/** A time as sent, or `null`: 0 means none, and so does anything but a plain decimal. */
function moment(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? '';
  return /^\d+(\.\d+)?$/.test(text) && Math.floor(text) > 0 ? Number(text) : null;
}

function referred(span, references) {
  const own = references.filter(({ traceID, spanID }) => traceID === span.traceID && typeof spanID === 'string');
  return (own.find(({ refType }) => refType === 'CHILD_OF') ?? own.find(({ refType }) => refType !== 'CHILD_OF'))?.spanID ?? null;
}

// --- random traces --------------------------------------------------------------------------------

const TEXTS = ['', 'a', 'error', 'span.kind', 'timestamp', 'key', 'CHILD_OF', 'é"\\\n', '{[', ']}', '7', '💡', 'x'.repeat(300)];

function anyValue(random, depth = 0) {
  const kinds = depth < 3 ? 7 : 5;
  switch (random.below(kinds)) {
    case 0: return random.of(TEXTS);
    case 1: return random.below(1e9);
    case 2: return random.of([-1.5, 2e-7, 1e21, 0]);
    case 3: return random.of([true, false]);
    case 4: return null;
    case 5: return random.list(3, () => anyValue(random, depth + 1));
    default: return object(random, random.list(3, () => [random.of(TEXTS), anyValue(random, depth + 1)]));
  }
}

/** An object with these members in any order. */
const object = (random, entries) => Object.fromEntries(random.shuffled(entries));

/** The value or, once in a while, another of any type. */
const mostly = (random, value) => (random.once(12) ? anyValue(random) : value);

const anyTag = (random) => object(random, [
  ['key', random.of(['error', 'span.kind', 'http.method', 'x'])],
  ['value', random.of([true, false, 'true', 'server', 'client', 'producer', 'GET', 7])],
  ['type', mostly(random, 'string')],
]);

const anyLog = (random) => object(random, [
  ['timestamp', mostly(random, random.below(1e9))],
  ['fields', random.list(3, () => anyTag(random))],
]);

function anySpan(random) {
  const reference = () => object(random, [
    ['traceID', random.of(['t1', 't2'])], ['spanID', random.of(['s1', 's2', 's3'])],
    ['refType', random.of(['CHILD_OF', 'FOLLOWS_FROM'])],
  ]);
  const members = [
    ['traceID', 't1'], ['spanID', mostly(random, `s${random.below(9)}`)], ['operationName', mostly(random, random.of(TEXTS))],
    ['references', random.list(3, reference)], ['parentSpanID', mostly(random, random.of(['', 's4']))],
    ['startTime', mostly(random, 1.7e15 + random.below(1e6) + random.of([0, 0.25]))], ['duration', mostly(random, random.of([0, 12, 3.5, '44']))],
    ['tags', mostly(random, random.list(5, () => (random.once(20) ? anyValue(random) : anyTag(random))))],
    ['logs', mostly(random, random.list(3, () => (random.once(20) ? anyValue(random) : anyLog(random))))],
    ['processID', mostly(random, random.of(['p1', 'p2']))], ['warnings', mostly(random, random.of([[], ['late'], null]))],
    ['more', anyValue(random)],
  ];
  return object(random, members.filter(([name]) => name === 'traceID' || !random.once(10)));
}

const anyTrace = (random) => object(random, [
  ['traceID', 't1'], ['spans', random.list(6, () => anySpan(random))],
  ['processes', { p1: { serviceName: 'shop' } }], ['warnings', null],
]);

/** The JSON of a value, with white space here and there. */
function written(random, value) {
  const space = () => (random.once(4) ? random.of([' ', '\n', '\t ']) : '');
  const join = (items, open, close) => `${open}${space()}${items.join(`${space()},${space()}`)}${space()}${close}`;
  if (Array.isArray(value)) return join(value.map((item) => written(random, item)), '[', ']');
  if (value !== null && typeof value === 'object') {
    return join(Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}${space()}:${space()}${written(random, member)}`), '{', '}');
  }
  return JSON.stringify(value);
}

test('several values may follow one another', () => {
  const line = (id) => JSON.stringify({ data: [{ traceID: id, spans: [{ spanID: id }] }] });
  const bytes = encoder.encode(`${line('a')}\n${line('b')}\n`);
  for (const piece of [1, 7, bytes.length]) {
    const { traces } = scan(bytes, () => piece);
    assert.deepEqual(traces.map(({ members, spans }) => [members.traceID, spans.length]), [['a', 1], ['b', 1]]);
  }
  assert.throws(() => scanText(`${line('a')} x`), /an object or a list was expected/);
});

test('any trace gives what JSON.parse gives, in whatever pieces it comes', () => {
  forSeeds(3000, (random) => {
    const traces = random.list(3, () => anyTrace(random));
    const envelope = object(random, [['data', traces], ['errors', null], ['total', 0]]);
    const bytes = encoder.encode(written(random, envelope));
    const most = random.of([1, 7, 100, 1 << 20]);
    const found = scan(bytes, () => 1 + random.below(most));
    assert.deepEqual(found.traces.map(({ spans }) => spans), traces.map(({ spans }) => spans.map(expected)));
  });
});

test('bytes that are no JSON of Jaeger are an error that says so, and nothing else', () => {
  forSeeds(3000, (random) => {
    const bytes = encoder.encode(written(random, { data: random.list(2, () => anyTrace(random)) }));
    for (let changes = 1 + random.below(4); changes > 0; changes--) bytes[random.below(bytes.length)] = random.of([...encoder.encode('"\\{}[]:,0ae'), random.below(256)]);
    try {
      const most = random.of([1, 100, 1 << 20]);
      scan(bytes.subarray(0, 1 + random.below(bytes.length)), () => 1 + random.below(most));
    } catch (error) {
      assert.ok(error instanceof SyntaxError, `${error.stack}`);
    }
  });
});

// --- examples -------------------------------------------------------------------------------------

test('an envelope, a list of traces and a bare trace are understood', () => {
  const trace = { traceID: 't1', spans: [{ spanID: 's1' }], processes: { p1: {} } };
  for (const answer of [{ data: [trace], errors: null }, [trace], trace]) {
    const { traces } = scanText(JSON.stringify(answer));
    assert.equal(traces.length, 1);
    assert.equal(traces[0].spans[0].id, 's1');
    assert.deepEqual(traces[0].members, { traceID: 't1', processes: { p1: {} } });
  }
});

test('the errors of an answer without traces are kept', () => {
  const { traces, envelope } = scanText('{"data": null, "errors": [{"code": 404, "msg": "trace not found"}]}');
  assert.deepEqual(traces, []);
  assert.deepEqual(envelope, { errors: [{ code: 404, msg: 'trace not found' }] });
});

test('of different kinds of a span the first counts', () => {
  const kinds = (...values) => scanSpan({ tags: values.map((value) => ({ key: 'span.kind', type: 'string', value })) }).kind;
  assert.equal(kinds('client', 'server'), 'client');
  assert.equal(kinds('producer', 'server'), 'producer');
  assert.equal(kinds('unheard of', 'consumer'), 'consumer');
  assert.equal(kinds('unheard of'), '');
});

test('a member that holds a list does not hide the key behind it', () => {
  assert.ok(scanSpan({ tags: [{ more: [], key: 'error', value: true }] }).isError);
  assert.ok(!scanSpan({ tags: [{ more: { key: 'error', value: true }, key: 'error', value: false }] }).isError);
});

test('an empty list of warnings warns of nothing, however it is written', () => {
  assert.ok(!scanText('{"spans": [{"warnings": [ ]}]}').traces[0].spans[0].isWarned);
});

test('a trace that is longer than the first piece of memory keeps the JSON of each span', () => {
  const spans = Array.from({ length: 2000 }, (_, i) => ({ spanID: `s${i}`, operationName: 'x'.repeat(i % 97), startTime: i + 1 }));
  const { traces } = scan(encoder.encode(JSON.stringify({ data: [{ spans }] })), () => 5000);
  assert.deepEqual(traces[0].spans.map(({ json }) => json), spans);
  assert.deepEqual(traces[0].spans.map(({ start }) => start), spans.map(({ startTime }) => startTime));
});

test('JSON that ends early is an error', () => {
  for (const text of ['', '{', '{"data": [', '[{"spans": [{"tags": [']) {
    assert.throws(() => scanText(text), /the JSON ends early/);
  }
});
