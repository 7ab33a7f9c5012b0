import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextOf, offersAt } from '../static/completion.js';
import { placeOf } from '../static/query-box.js';
import { fieldsOf, traceqlOf } from '../static/query-fields.js';
import { durationOf, narrowed, pipelineOf } from '../static/traceql-query.js';
import { bareName, fieldOf, tokensOf } from '../static/traceql-tokens.js';

const NONE = { service: '', operation: '', tags: {}, minDuration: '', maxDuration: '' };

test('words of a query end where the language says so, also of one that is not finished', () => {
  assert.deepEqual(tokensOf('{ .a"x y".b=1.5s&&name=~"a').map(({ text, kind }) => [text, kind]), [
    ['{', 'symbol'], ['.a"x y".b', 'word'], ['=', 'symbol'], ['1.5s', 'number'], ['&&', 'symbol'], ['name', 'word'], ['=~', 'symbol'], ['"a', 'text'],
  ]);
  assert.deepEqual(tokensOf('{} // all\n| count() > -2').map(({ text }) => text), ['{', '}', '|', 'count', '(', ')', '>', '-2']);
  assert.equal(fieldOf('span', 'a b'), 'span."a b"');
  assert.equal(bareName('span."a b"'), 'a b');
  assert.equal(bareName('.http.route'), 'http.route');
});

test('the form and the query say the same, either way', () => {
  for (const fields of [
    NONE,
    { ...NONE, service: 'shop "1"', operation: 'GET /', minDuration: '1.5ms', maxDuration: '2s' },
    { ...NONE, tags: { error: 'true', 'span.kind': 'server', 'http.route': '/cart', 'resource.host': 'a' } },
    { ...NONE, tags: { 'db.rows': '3', ok: 'true', 'user.id': '007', ratio: '0.5' } },
  ]) assert.deepEqual(fieldsOf(traceqlOf(fields)), fields);
  assert.equal(traceqlOf({ ...NONE, tags: { 'db.rows': '3' } }), '{ (.db.rows = 3 || .db.rows = "3") }');
  assert.deepEqual(fieldsOf('{name="a"}'), { ...NONE, operation: 'a' });
});

test('a query that says more than the form can is not shown in it', () => {
  for (const query of [
    '{ name = "a" || name = "b" }', '{ name =~ "a" }', '{ duration > 1s }', '{ name = "a" && name = "b" }', '{ .a = 3 }', '{ .a = "3" }',
    '{ span.a = "b" }', '{ } >> { }', '{ } | count() > 2', '{ !(.a = "b") }', '{ name = ',
  ]) assert.equal(fieldsOf(query), null, query);
});

test('a query is narrowed within its braces if it is one selector, else behind it', () => {
  assert.equal(narrowed('{}', 'a = 1', 'b = 2'), '{ a = 1 && b = 2 }');
  assert.equal(narrowed('{ a = 1 }', 'b = 2'), '{ a = 1 && b = 2 }');
  assert.equal(narrowed('{ a = 1 || c = 3 }', 'b = 2'), '{ (a = 1 || c = 3) && b = 2 }');
  assert.equal(narrowed('{ a = 1 && (c = 3 || d = 4) }', 'b = 2'), '{ a = 1 && (c = 3 || d = 4) && b = 2 }');
  assert.equal(narrowed('{ a = 1 && b = 2 }', 'b = 2'), '{ a = 1 && b = 2 }');
  assert.equal(narrowed('{ duration >= 1ms && a = 1 && duration < 9s }', 'duration >= 2ms'), '{ a = 1 && duration < 9s && duration >= 2ms }');
  assert.equal(narrowed('{ a = 1 } >> { c = 3 } | rate() by (name)', 'b = 2'), '{ a = 1 } >> { c = 3 } | { b = 2 }');
});

test('what chooses spans ends before metrics and hints', () => {
  assert.equal(pipelineOf('{ a = 1 } | select(b) with(most_recent=true)'), '{ a = 1 } | select(b)');
  assert.equal(pipelineOf('{ name = "| rate()" } | quantile_over_time(duration, 0.9)'), '{ name = "| rate()" }');
});

test('durations are exact to the nanosecond', () => {
  assert.deepEqual([2e9, 1.5e9, 1000, 262, 67_108_865].map(durationOf), ['2s', '1.5s', '1us', '262ns', '67.108865ms']);
});

const at = (marked) => contextOf(marked.replace('^', ''), marked.indexOf('^'));

test('what can stand at the caret follows from what stands before it', () => {
  for (const [marked, kind, word, within] of [
    ['^', 'start', ''], ['{ ^', 'field', '', '{'], ['{ na^', 'field', 'na', '{'], ['{ name^', 'field', 'name', '{'],
    ['{ name ^', 'operator', '', '{'], ['{ name = ^', 'value', '', '{'], ['{ name = "G^', 'value', '"G', '{'], ['{name=^', 'value', '', '{'],
    ['{ name = "GET /" ^', 'connective', '', '{'], ['{ a = 1 && span.h^', 'field', 'span.h', '{ a = 1 '], ['{ a = 1 && b = 2 || c = ^ }', 'value', '', '{ a = 1 && b = 2 '],
    ['{ } ^', 'joint', ''], ['{ } | ^', 'stage', ''], ['{ } | sel^', 'stage', 'sel'], ['{ } | select(sp^', 'field', 'sp', ''],
  ]) {
    const context = at(marked);
    assert.deepEqual([context.kind, context.word], [kind, word], marked);
    if (within !== undefined) assert.equal(context.within, within, marked);
  }
  assert.equal(at('{ span.a = ^').field, 'span.a');
});

test('offers that begin as it was typed come before those that contain it', async () => {
  const source = { fields: async () => [['resource.name', 'resource'], ['name', 'intrinsic']], values: async () => [['"shop"', 'string'], ['3', 'int']] };
  assert.deepEqual(await offersAt(at('{ na^'), source), [['name ', 'intrinsic'], ['resource.name ', 'resource']]);
  assert.deepEqual(await offersAt(at('{ a = "sh^'), source), [['"shop" ', 'string']]);
  assert.deepEqual((await offersAt(at('{ status ^'), source)).map(([text]) => text), ['= ', '!= ']);
});

test('a mistake is found by its column, or by what the refusal repeats', () => {
  assert.deepEqual(placeOf({ column: 3, message: '' }, '{ ä }'), [2, 3]);
  assert.deepEqual(placeOf({ message: 'illegal operation for the given types: status > ok' }, '{ a = 1 && status>ok }'), [11, 20]);
  assert.deepEqual(placeOf({ message: 'invalid regex: `[`' }, '{ .a =~ "[" }'), [8, 11]);
  assert.deepEqual(placeOf({ message: 'too long' }, '{ }'), [-1, -1]);
});
