import assert from 'node:assert/strict';
import test from 'node:test';

import { differences } from '../static/attribute-differences.js';

test('what is the same on both sides is no difference, however often', () => {
  const span = [['host', 'a'], ['rows', '3']];
  assert.deepEqual(differences([span, span], [span]), []);
});

test('values are told with their counts, and what one side lacks', () => {
  const found = differences([[['version', '1']], [['version', '1']]], [[['version', '2'], ['cold', 'true']]]);
  assert.deepEqual(found, [
    { key: 'cold', inA: [], inB: [['true', 1]] },
    { key: 'version', inA: [['1', 2]], inB: [['2', 1]] },
  ]);
});

test('an attribute with another value in each span comes last', () => {
  const spans = (side, zone) => Array.from({ length: 5 }, (_, at) => [['id', `${side}${at}`], ['zone', zone]]);
  assert.deepEqual(differences(spans('a', 'eu'), spans('b', 'us')).map(({ key }) => key), ['zone', 'id']);
});
