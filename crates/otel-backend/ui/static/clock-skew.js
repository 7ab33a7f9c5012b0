import { CRITICAL, EARLY } from './columns.js';

/**
 * The tree with the times that synchronous clocks would have given, as guessed by Jaeger's adjuster:
 * if a span of another service is outside its parent, it is moved to the middle of the parent, or to
 * its start if the span is longer, together with all spans below it that have the same clock.
 */
export function withoutSkew(tree) {
  const { count, parent, process, duration, eventsFrom } = tree;
  const start = tree.start.slice();
  const flags = tree.flags.slice();
  const eventTime = tree.eventTime.slice();
  const moved = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    const above = parent[row];
    flags[row] &= ~(EARLY | CRITICAL);
    if (above < 0) continue;
    moved[row] = process[row] === process[above] ? moved[above] : skewOf(tree, row, start[above]);
    start[row] += moved[row];
    if (start[row] < start[above]) flags[row] |= EARLY;
    for (let event = eventsFrom[row]; event < eventsFrom[row + 1]; event++) eventTime[event] += moved[row];
  }
  return { ...tree, start, duration, flags, eventTime };
}

/** The shift for a span with another clock. */
function skewOf({ start, duration, parent }, row, parentStart) {
  const room = Math.max(0, duration[parent[row]]);
  const length = Math.max(0, duration[row]);
  if (start[row] >= parentStart && start[row] + length <= parentStart + room) return 0;
  // A span that outlives its parent was started asynchronously; its clock may be right.
  if (start[row] >= parentStart && start[row] <= parentStart + room) return 0;
  return parentStart + Math.max(0, (room - length) / 2) - start[row];
}
