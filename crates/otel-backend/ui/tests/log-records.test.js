import assert from 'node:assert/strict';
import test from 'node:test';
import { passes, rangeOf, readRecord, textOfValue } from '../static/log-records.js';

const json = {
  timeUnixNano: '1700000000000000123', severityNumber: 13, severity: 'WARN', service: 'shop', text: 'It is late',
  attributes: [{ key: 'n', value: { intValue: '3' } }], resource: { attributes: [{ key: 'host', value: { stringValue: 'here' } }] }, scope: {},
};

test('a record is read with its time in microseconds and all of its fields', () => {
  const record = readRecord(json);
  assert.equal(record.time, 1700000000000000 + 0.123);
  assert.equal(record.level, 'WARN');
  assert.deepEqual(record.fields, [['n', '3'], ['host', 'here']]);
});

test('a record without a time has that of its observation', () => {
  assert.equal(readRecord({ ...json, timeUnixNano: undefined, observedTimeUnixNano: '5000' }).time, 5);
});

test('severities lie in ranges', () => {
  assert.deepEqual([-1, 0, 1, 4, 9, 24, 99].map(rangeOf), ['', '', 'trace', 'trace', 'info', 'fatal', 'fatal']);
});

test('a filter looks at the severity, and for text in any case everywhere', () => {
  const record = readRecord(json);
  assert.ok(passes(record, { severity: 13, text: 'IS LATE' }));
  assert.ok(passes(record, { severity: 0, text: 'here' }));
  assert.ok(!passes(record, { severity: 17, text: '' }));
  assert.ok(!passes(record, { severity: 0, text: 'early' }));
});

test('values of every kind are texts', () => {
  const list = { arrayValue: { values: [{ boolValue: true }, {}] } };
  assert.equal(textOfValue(list), '[true, ]');
  assert.equal(textOfValue({ kvlistValue: { values: [{ key: 'a', value: list }] } }), '{a: [true, ]}');
});
