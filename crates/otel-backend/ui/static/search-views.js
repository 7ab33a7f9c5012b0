import { Differences } from './differences.js';
import { Groups } from './groups.js';
import { SpanList } from './span-list.js';

/**
 * A view of what was found other than its traces: `{ node, bar, load(query, window, signal), destroy?(), step?(by) }`;
 * `load` fills it, and answers with an error if that failed.
 *
 * `on` is told what is wanted: `change(changes)` of the query, `narrow(conditions)`,
 * `exclude(conditions)`, and `reorder(order)`.
 */
export function make(view, query, source, on) {
  switch (view) {
    case 'spans': return new SpanList(query, on.reorder);
    case 'groups': return new Groups(source, { regroup: (by) => on.change({ by }), ...on });
    default: return new Differences({ choose: (chosen) => on.change({ chosen }), ...on });
  }
}
