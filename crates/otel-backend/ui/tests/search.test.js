import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditionOf, nameOf } from '../static/conditions.js';

// The page knows its address and its theme before anything else.
globalThis.location = { pathname: '/search', search: '', origin: 'http://localhost' };
globalThis.matchMedia = () => ({ matches: false });
const { refusal } = await import('../static/backend.js');
const { ranked } = await import('../static/differences.js');
const { fieldsIn } = await import('../static/groups.js');
const { readQuery, writeQuery } = await import('../static/query.js');
const { typedOf } = await import('../static/tempo.js');

test('a refusal says where the mistake is, if that is known', () => {
  const said = 'invalid TraceQL query: parse error at line 1, col 8: syntax error: unexpected }';
  assert.deepEqual(refusal(400, said), { status: 400, message: 'syntax error: unexpected }', line: 1, column: 8 });
  assert.deepEqual(refusal(400, 'compiling query: not a metrics query'), { status: 400, message: 'not a metrics query' });
});

test('values keep their type on the way from an answer to a condition', () => {
  assert.equal(conditionOf('span.a', typedOf({ intValue: '200' })), 'span.a = 200');
  assert.equal(conditionOf('span.a', typedOf({ stringValue: '200' })), 'span.a = "200"');
  assert.equal(conditionOf('span.a', typedOf({ boolValue: true })), 'span.a = true');
  assert.equal(conditionOf('status', typedOf({ stringValue: 'error' })), 'status = error');
  assert.equal(conditionOf('span.a', null), 'span.a = nil');
  assert.deepEqual([nameOf(null), nameOf({ type: 'string', value: '' })], ['(none)', '(empty)']);
});

const row = (meta, field, value, count) => ({ labels: { __meta_type: { type: 'string', value: meta }, [field]: { type: 'string', value } }, value: count });

test('attributes are ranked by the largest difference between the shares of a value', () => {
  const { chosen, rest, attributes } = ranked([
    row('selection', 'region', 'eu', 9), row('selection', 'region', 'us', 1), row('selection_total', 'region', 'nil', 10),
    row('baseline', 'region', 'eu', 50), row('baseline', 'region', 'us', 50), row('baseline_total', 'region', 'nil', 100),
    row('selection', 'version', '2', 10), row('selection_total', 'version', 'nil', 10),
    row('baseline', 'version', '2', 10), row('baseline_total', 'version', 'nil', 10),
    row('selection', 'host', 'a', 5), row('selection_total', 'host', 'nil', 5), row('baseline', 'host', 'a', 50), row('baseline_total', 'host', 'nil', 50),
  ]);
  assert.deepEqual([chosen, rest], [10, 100]);
  assert.deepEqual(attributes.map(({ field, difference }) => [field, difference]), [['version', 0.9], ['region', 0.4]]);
  // Spans without the attribute count as a value too.
  assert.deepEqual(attributes[0].values.find(({ value }) => value === null).rest, { count: 90, share: 0.9, isAtMost: false });
});

test('a value that is not in a full list is taken for as frequent as the last of it, not for absent', () => {
  const users = Array.from({ length: 20 }, (_, at) => row('baseline', 'user', `u${at}`, 40 - at));
  const { attributes } = ranked([row('selection', 'user', 'x', 2), row('selection_total', 'user', 'nil', 100), ...users, row('baseline_total', 'user', 'nil', 2100)]);
  assert.deepEqual(attributes[0].values.find(({ value }) => value.value === 'x').rest, { count: 21, share: 0.01, isAtMost: true });
});

test('fields are separated by commas outside of quotes', () => {
  assert.deepEqual(fieldsIn('resource.service.name,name , span."a,b"'), ['resource.service.name', 'name', 'span."a,b"']);
});

test('the address holds the query and what is shown of it', () => {
  const address = 'q=%7B+status+%3D+error+%7D&lookback=custom&order=longest&start=1&end=2&view=differences&column=span.a&column=span.b&by=name&chosen=%7B+kind+%3D+server+%7D&chosenFrom=5&chosenTo=6';
  assert.equal(writeQuery(readQuery(new URLSearchParams(address))).toString(), address);
});
