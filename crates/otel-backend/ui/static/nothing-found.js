import { el } from './dom.js';
import { newestTrace } from './newest-trace.js';
import { writeQuery } from './query.js';
import { searchUrl, traceUrl } from './route.js';
import { state } from './states.js';

/** Reports that nothing matches, suggests other searches, and links to the newest trace. */
export function nothingFound(query, services, isFixed, signal) {
  const hint = el('p', { hidden: true });
  if (!isFixed || query.lookback === 'custom') hintAtNewest(query, services, hint, signal);
  return words(query, hint);
}

/** Traces may be older or newer than the range, so a link to the newest is useful. */
async function hintAtNewest(query, services, hint, signal) {
  const trace = await newestTrace(query, services);
  if (signal.aborted || !trace) return;
  const anyTime = writeQuery({ ...query, lookback: 'any' });
  hint.replaceChildren(`The newest ${query.service ? `trace of ${query.service}` : 'trace'} of any time: `,
    el('a', { href: traceUrl(trace.id) }, trace.when), '. ', el('a', { href: searchUrl(anyTime) }, 'Search any time'));
  hint.hidden = false;
}

function words({ q, service, operation, tags, minDuration, maxDuration, lookback, isOfFiles }, hint) {
  if (isOfFiles) return state('No traces from files', el('p', {}, 'Traces from files are gone after a reload. Open the files again.'));
  const narrowing = [
    operation && 'all operations',
    Object.keys(tags).length && 'fewer attributes: all of them must be on one span',
    (minDuration || maxDuration) && 'other durations: they are those of one span, not of the trace',
    q && q !== '{}' && !operation && !Object.keys(tags).length && 'fewer conditions: all within a pair of braces must hold for one span',
    lookback !== 'any' && 'a longer time range',
  ].filter(Boolean);
  return state('No traces found',
    el('p', {}, service ? ['No trace of ', el('code', {}, service), ' matches. '] : 'No trace matches. ', narrowing.length ? 'Try:' : ''),
    el('ul', {}, narrowing.map((text) => el('li', {}, `– ${text}`))),
    hint);
}
