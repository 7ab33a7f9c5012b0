import { plural } from './format.js';
import { searchTraces } from './search-traces.js';
import { operationOf, serviceOf } from './span-text.js';

/** The address's word for the median of the other trace's operation. */
export const MEDIAN = 'median';
/**
 * The longest time before or after a trace at which a trace to compare with may have begun, in
 * microseconds.
 */
const NEAR_MICROS = 1800e6;
/** The most traces that are considered, newest first. */
const MAX_TRACES = 500;

/**
 * The trace with the median duration among those whose root has the same service and operation, and
 * that began within half an hour of this one: `{ id, note }`, or an error.
 */
export async function medianLike(trace) {
  const { root, epoch, begin } = trace;
  const [service, operation] = [serviceOf(trace, root), operationOf(trace, root)];
  const started = Math.round(epoch + begin);
  const { traces, error } = await searchTraces({
    service, operation, tags: {}, minDuration: '', maxDuration: '', order: 'newest', limit: MAX_TRACES,
    lookback: 'custom', start: started - NEAR_MICROS, end: started + NEAR_MICROS,
  }, [service]);
  if (error) return { error };
  const alike = traces.filter((other) => other.service === service && other.name === operation && !isSame(other.id, trace.id));
  if (alike.length === 0) return { error: { message: `no other trace of ${service}: ${operation} began within half an hour of this one` } };
  alike.sort((a, b) => a.duration - b.duration);
  const most = traces.length >= MAX_TRACES ? 'the newest ' : '';
  return {
    id: alike[(alike.length - 1) >> 1].id,
    note: `The median by duration of ${most}${plural(alike.length, 'trace')} of this operation within half an hour of A`,
  };
}

const isSame = (a, b) => a.replace(/^0+/, '') === b.replace(/^0+/, '');
