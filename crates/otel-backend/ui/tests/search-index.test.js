import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SearchIndex } from '../static/search-index.js';

const encoder = new TextEncoder();

function indexOf(...spans) {
  const index = new SearchIndex();
  for (const span of spans) {
    const json = encoder.encode(JSON.stringify(span));
    index.add(encoder.encode(span.spanID), json, 0, json.length);
  }
  index.finish();
  return (expression) => {
    const rows = [];
    index.match(expression, (row) => rows.push(row));
    return rows;
  };
}

const tag = (key, value) => ({ key, type: 'string', value });

test('a span is found by its id, its attributes, the fields of its events and its warnings, once', () => {
  const found = indexOf(
    { spanID: 'aa', tags: [tag('db', 'shop'), tag('db.user', 'shop')] },
    { spanID: 'bb', logs: [{ timestamp: 5, fields: [tag('event', 'cache missed')] }] },
    { spanID: 'cc', tags: [{ key: 'n', type: 'int64', value: 42 }], warnings: ['clock skew'] },
  );
  assert.deepEqual(found(/shop/g), [0]);
  assert.deepEqual(found(/^bb$/gm), [1]);
  assert.deepEqual(found(/event=cache missed/g), [1]);
  assert.deepEqual(found(/n=42|db=shop/g), [0, 2]);
  assert.deepEqual(found(/skew/g), [2]);
});

test('no match goes over the end of a span, and escapes and letters beyond ASCII are read', () => {
  const found = indexOf(
    { spanID: 'aa', tags: [tag('text', 'ein "Wort"\n💡')] }, { spanID: 'bb', tags: [tag('text', 'größer')] }, { spanID: 'cc', tags: [tag('text', 'größer')] },
  );
  assert.deepEqual(found(/"Wort"/g), [0]);
  assert.deepEqual(found(/größer/g), [1, 2]);
});

test('rows are counted on over the blocks of a large trace', () => {
  const found = indexOf(...Array.from({ length: 300 }, (_, i) => ({ spanID: `s${i}`, tags: [tag('text', `${'x'.repeat(9000)}#${i}#`)] })));
  assert.deepEqual(found(/#0#|#150#|#299#/g), [0, 150, 299]);
});
