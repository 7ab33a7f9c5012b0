import { formatAge, formatTime } from './format.js';
import { searchTraces } from './search-traces.js';

/** The newest trace of a query's service, of any time: `{ id, when }`; `null` if there is none. */
export async function newestTrace({ service }, services) {
  const query = {
    service, operation: '', tags: {}, minDuration: '', maxDuration: '', limit: 1, lookback: 'any', order: 'newest', traceIds: [],
  };
  const { traces = [] } = await searchTraces(query, services);
  if (traces.length === 0) return null;
  const [{ id, begin }] = traces;
  return { id, when: begin ? `${formatTime(begin)} (${formatAge(begin)})` : 'without a start time' };
}
