import { byIds, getData, getServices, summariseTraces } from './backend.js';
import { measuredCalls, sampledCalls } from './calls.js';
import { emptyBackend, failure, loading, unreachable } from './states.js';
import { pause } from './pause.js';
import { searchTraces } from './search-traces.js';
import { ServiceGraph } from './service-graph.js';
import { knowsTraceQL } from './tempo.js';

/**
 * The most traces, and the most spans, sampled for calls that only a link shows, and for everything that
 * a backend without TraceQL does not tell.
 */
const SAMPLED_TRACES = 60;
const SAMPLED_SPANS = 20_000;
const DEFAULT_LOOKBACK = 3600e3;
const MOST_LOOKBACK = 365 * 86400e3;
const RETRY_MS = 2000;

/** The page of dependencies between services. */
export async function show(page, route, signal) {
  document.title = 'Services · otel-backend';
  page.replaceChildren(loading('Reading the services…'));
  const wanted = Number(route.parameters.get('lookback'));
  const lookback = wanted > 0 && wanted <= MOST_LOOKBACK ? Math.round(wanted) : DEFAULT_LOOKBACK;
  const found = await read(page, lookback, signal);
  if (signal.aborted) return;
  const graph = new ServiceGraph(found.services, found.calls, lookback, () => show(page, route, signal), signal);
  page.replaceChildren(graph.node);
  graph.draw();
  const known = await callsOf(found, lookback, signal);
  if (!signal.aborted) graph.setCalls(known);
}

/** `{ calls, sampled, isPartial }`; `sampled` is the number of traces in the sample if any calls are of it. */
async function callsOf({ services, calls, end }, lookback, signal) {
  const window = { from: Math.floor((end - lookback) / 1000), to: Math.ceil(end / 1000) };
  const callers = [...new Set(calls.filter(({ parent, child }) => parent !== child).map(({ parent }) => parent))];
  const [measured, sample] = await Promise.all([
    knowsTraceQL().then((knows) => (knows ? measuredCalls(callers, window, signal) : { error: true })),
    sampleOf(services, end, lookback),
  ]);
  const isMeasured = !measured.error;
  const sampled = sampledCalls(isMeasured ? sample.linked : [...sample.linked, ...sample.calls]);
  return { calls: [...(measured.calls ?? []), ...sampled], window, isPartial: measured.isPartial, sampled: sampled.length ? sample.traces : 0, isMeasured };
}

/** Reads the services and their calls once there are any; until then the page tells what to do. */
async function read(page, lookback, signal) {
  for (;;) {
    const end = Date.now();
    const [services, calls] = await Promise.all([getServices(), getData(`dependencies?endTs=${end}&lookback=${lookback}`)]);
    const error = services.error ?? calls.error;
    if (signal.aborted || (!error && services.data.length)) return { services: services.data, calls: calls.data, end };
    if (!error) page.replaceChildren(emptyBackend());
    else if (error.status === 0) page.replaceChildren(unreachable());
    else page.replaceChildren(failure('The services cannot be shown', `The backend says: ${error.message}. Retrying…`));
    await pause(RETRY_MS, signal);
    if (signal.aborted) return null;
  }
}

/**
 * The calls in the newest traces: parent, child, duration, error, trace; and `outside` if one of them
 * is not a service. Those that only a link shows are in `linked`.
 */
async function sampleOf(services, end, lookback) {
  const query = {
    service: '', operation: '', tags: {}, minDuration: '', maxDuration: '',
    lookback: 'custom', start: (end - lookback) * 1000, end: end * 1000, limit: SAMPLED_TRACES, order: 'newest',
  };
  const { traces = [] } = await searchTraces(query, services);
  const chosen = [];
  let spans = 0;
  for (const trace of traces) {
    if (spans + trace.spans > SAMPLED_SPANS) continue;
    spans += trace.spans;
    chosen.push(trace);
  }
  // One trace that is too large is better than none.
  if (chosen.length === 0) chosen.push(...traces.slice(0, 1));
  // An API without summaries has sent the calls with the traces.
  const isKnown = chosen.every(({ calls }) => calls);
  const read = isKnown ? chosen : (await summariseTraces(byIds(chosen.map(({ id }) => id)))).traces ?? [];
  const calls = read.flatMap(({ id, calls: own }) => own.map((call) => ({ ...call, trace: id })));
  return { traces: read.length, calls, linked: linkedCalls(read) };
}

/** A consumer that only has a link to a producer, in the trace `sender`, was called by it. */
function linkedCalls(traces) {
  const senders = new Map(traces.flatMap(({ id, sent = [] }) => sent.map(({ spanID, service }) => [spanID, { id, service }])));
  return traces.flatMap(({ id, taken = [] }) => taken
    .filter(({ spanID, service }) => senders.has(spanID) && senders.get(spanID).service !== service)
    .map(({ spanID, service, duration, error }) => {
      const { id: sender, service: parent } = senders.get(spanID);
      return { parent, child: service, duration, error, trace: id, sender };
    }));
}
