import { CRITICAL, CYCLE, DUPLICATE, EARLY, ENDLESS, ERROR, KIND, KINDS, ORPHAN, UNPLACED, WARNED } from './columns.js';
import { formatDuration, named } from './format.js';

export const hasFlag = (trace, row, flag) => (trace.flags[row] & flag) !== 0;
/** The first row with that flag after a row, and from the beginning again; -1 if none has it. */
export function nextFlagged(trace, from, flag) {
  const { count } = trace;
  for (let step = 1; step <= count; step++) {
    const row = (from + step + count) % count;
    if (hasFlag(trace, row, flag)) return row;
  }
  return -1;
}

export const operationOf = (trace, row) => named(trace.operations[trace.operation[row]], '(no name)');
export const serviceOf = (trace, row) => named(trace.services[trace.service[row]]?.name, '(no service)');
export const kindOf = (trace, row) => KINDS[trace.flags[row] & KIND];
export const endOf = (trace, row) => trace.start[row] + Math.max(0, trace.duration[row]);

/** The duration of a span, if its times were sent. */
export const durationOf = (trace, row) => (hasFlag(trace, row, ENDLESS) ? 'no end time' : formatDuration(trace.duration[row]));

/** Describes the oddities of a span, in sentences. */
export function oddities(trace, row) {
  const { parent, start, duration } = trace;
  const found = [];
  if (hasFlag(trace, row, ORPHAN)) found.push('Its parent is missing (not sent, late or lost).');
  if (hasFlag(trace, row, DUPLICATE)) found.push('Another span of this trace has the same span ID.');
  if (hasFlag(trace, row, CYCLE)) found.push('It is its own ancestor (cycle broken here).');
  if (hasFlag(trace, row, UNPLACED)) found.push('It was sent without a usable start time; it is placed at its parent.');
  if (hasFlag(trace, row, ENDLESS)) found.push('It was sent without an end time.');
  if (hasFlag(trace, row, EARLY)) {
    const by = formatDuration(start[parent[row]] - start[row]);
    const clocks = trace.service[row] === trace.service[parent[row]] ? '' : ': the clocks of the two services differ';
    found.push(`It starts ${by} before its parent${clocks}. Times are shown as recorded.`);
  }
  if (duration[row] < 0) found.push(`It ends ${formatDuration(-duration[row])} before it starts; it is drawn as a moment.`);
  return found;
}

/** Returns true if a row has the sign for an oddity that is not an error. */
export const isOdd = (trace, row) =>
  (trace.flags[row] & (WARNED | ORPHAN | DUPLICATE | CYCLE | EARLY | UNPLACED | ENDLESS)) !== 0 || trace.duration[row] < 0;

/** The facts of a row that it shows by its place, its colours or its tooltip, for screen readers. */
export function unwritten(trace, row) {
  return [
    `starts at ${formatDuration(trace.start[row] - trace.begin)}`,
    hasFlag(trace, row, ERROR) && 'error',
    isOdd(trace, row) && 'warning',
    hasFlag(trace, row, CRITICAL) && 'on the critical path',
  ].filter(Boolean);
}
