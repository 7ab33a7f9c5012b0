import { LATEST_SECONDS, askTempo } from './backend.js';
import { formatDuration } from './format.js';
import { tempoUrl } from './route.js';

/** The name that Tempo's API gives to a root that has not arrived. */
const NO_ROOT = '<root span not yet received>';

/** True if the backend supports TraceQL; determined once. */
let known = null;

export function knowsTraceQL() {
  known ??= fetch(tempoUrl('echo')).then(async (response) => response.ok && (await response.text()) === 'echo', () => (known = null));
  return known;
}

/**
 * Series computed from spans, `{ series: [{ labels, values }] }`, or an error: a value for each step
 * of `{ from, to, step }`, in seconds; `null` if there is none.
 */
export async function seriesOf(query, window, signal) {
  const { from, to, step } = window;
  const answer = await askTempo('metrics/query_range', { q: query, start: from, end: to, step, exemplars: 0 }, signal);
  if (answer.error) return answer;
  const count = stepsOf(window);
  const series = (answer.series ?? []).map(({ labels, samples }) => {
    const values = Array(count).fill(null);
    // A sample has the time of the end of its step.
    for (const { timestampMs, value } of samples) {
      const at = Math.round((timestampMs / 1e3 - from) / step) - 1;
      if (at >= 0 && at < count) values[at] = numberOf(value);
    }
    return { labels: labelsOf(labels), values };
  });
  return { series, isPartial: answer.status === 'PARTIAL' };
}

export const stepsOf = ({ from, to, step }) => Math.round((to - from) / step);

/** One value for each series over a whole window. */
export async function valuesOver(query, { from, to }, signal) {
  const answer = await askTempo('metrics/query', { q: query, start: from, end: to }, signal);
  if (answer.error) return answer;
  return { series: (answer.series ?? []).map(({ labels, value }) => ({ labels: labelsOf(labels), value: numberOf(value) })), isPartial: answer.status === 'PARTIAL' };
}

/** Zero is left out of an answer, and NaN and the infinities are text. */
const numberOf = (value = 0) => Number(value);

/** `{ key: { type, value } }`, with values as in a query, but without quotes. */
function labelsOf(labels = []) {
  return Object.fromEntries(labels.map(({ key, value }) => [key, typedOf(value)]));
}

/** `{ type, value }` of a value in an answer. */
export function typedOf({ stringValue, intValue, doubleValue, boolValue }) {
  if (stringValue !== undefined) return { type: 'string', value: stringValue };
  if (intValue !== undefined) return { type: 'int', value: String(intValue) };
  if (doubleValue !== undefined) return { type: 'float', value: String(doubleValue) };
  return { type: 'bool', value: String(boolValue ?? false) };
}

/** The first matching traces in that order, each with its matching spans; or an error. */
export async function findTraces(query, { from, to }, { order, limit, spans }, signal) {
  // A start of 0 would mean none. Some spans have such times: their clock was not set, or the unit was wrong.
  const answer = await askTempo('search', { q: query, start: Math.max(1, Math.min(LATEST_SECONDS - 1, from)), end: Math.max(2, Math.min(LATEST_SECONDS, to)), order, limit, spss: spans, exact: true }, signal);
  return answer.error ? answer : { traces: (answer.traces ?? []).map(readTrace) };
}

function readTrace({ traceID, rootServiceName, rootTraceName, startTimeUnixNano, durationNanos, durationMs, serviceStats = {}, spanSets = [] }) {
  const services = Object.entries(serviceStats).map(([name, { spanCount = 0, errorCount = 0 }]) => ({ name, spans: spanCount, errors: errorCount }));
  const sum = (key) => services.reduce((total, service) => total + service[key], 0);
  const begin = microsOf(startTimeUnixNano);
  const duration = durationNanos === undefined ? durationMs * 1e3 : microsOf(durationNanos);
  const hasRoot = rootServiceName !== NO_ROOT;
  return {
    id: traceID.padStart(32, '0'),
    services, spans: sum('spans'), errors: sum('errors'), orphans: 0,
    begin, duration,
    name: hasRoot ? rootTraceName : '', hasRoot, service: (hasRoot ? rootServiceName : services[0]?.name) ?? '',
    matches: spanSets.flatMap(({ spans }) => spans).map((span) => readSpan(span, { 'trace:id': traceID, rootName: rootTraceName, rootServiceName, traceDuration: formatDuration(duration) })),
    matched: spanSets.reduce((total, { matched = 0 }) => total + matched, 0),
  };
}

/** A span with its attributes as `values`, and as `fields`, in words, what an answer does not give as attributes. */
function readSpan({ spanID, name = '', startTimeUnixNano, durationNanos, attributes = [] }, ofTrace) {
  const [begin, duration] = [startTimeUnixNano, durationNanos].map(microsOf);
  return { id: spanID, name, begin, duration, values: labelsOf(attributes), fields: { ...ofTrace, name, duration: formatDuration(duration), 'span:id': spanID } };
}

/** Nanoseconds as digits, more than a number can hold exactly; fractions of a microsecond are kept. */
export const microsOf = (nanos) => Number(BigInt(nanos ?? 0) / 1000n) + Number(BigInt(nanos ?? 0) % 1000n) / 1000;
