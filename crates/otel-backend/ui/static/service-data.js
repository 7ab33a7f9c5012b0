import { askTempo, getData, getOperations } from './backend.js';
import { seriesOf, stepsOf, valuesOver } from './tempo.js';
import { windowBefore, windowBetween } from './windows.js';

const QUANTILES = ['0.5', '0.95', '0.99'];
/** The most traces with exceptions whose messages are read. */
const EXCEPTION_TRACES = 50;
const EXCEPTION_SPANS = 10;

/** A text as a TraceQL literal. */
export const quoted = (text) => JSON.stringify(text);

/** The spans of a service: those called from outside it, or all. */
export function selectorOf(service, isAll, ...conditions) {
  const incoming = '(kind = server || kind = consumer || span:parentID = "0000000000000000")';
  return `{ ${[`resource.service.name = ${quoted(service)}`, ...(isAll ? [] : [incoming]), ...conditions].join(' && ')} }`;
}

/**
 * The data of a service in the last so many seconds and in the same time before: its operations, each
 * with `now` and `before`, and latencies over time. Throws an error with the `status` of the answer.
 */
export async function readService(service, seconds, isAll) {
  const now = Date.now() / 1000;
  const window = windowBetween(now - seconds, now);
  const steps = stepsOf(window);
  const before = windowBefore(window);
  const both = { ...window, from: before.from };
  const spans = selectorOf(service, isAll);
  const failed = selectorOf(service, isAll, 'status = error');
  const quantiles = `quantile_over_time(duration, ${QUANTILES.join(', ')})`;
  const [counts, errors, latencies, earlier, overTime] = await answers(
    seriesOf(`${spans} | count_over_time() by (name)`, both),
    seriesOf(`${failed} | count_over_time() by (name)`, both),
    valuesOver(`${spans} | ${quantiles} by (name)`, window),
    valuesOver(`${spans} | ${quantiles} by (name)`, before),
    seriesOf(`${spans} | ${quantiles}`, window),
  );
  const operations = gathered(counts.series, errors.series, steps);
  addLatencies(operations, latencies.series, 'now');
  addLatencies(operations, earlier.series, 'before');
  return {
    window, before, latencies: latenciesOf(overTime.series, steps),
    isPartial: [counts, errors, latencies, earlier, overTime].some(({ isPartial }) => isPartial),
    operations: [...operations.values()].filter(({ now, before: then }) => now.count || then.count),
  };
}

/** All answers; throws the first error. */
async function answers(...asked) {
  const found = await Promise.all(asked);
  const failed = found.find(({ error }) => error);
  if (failed) throw Object.assign(new Error(failed.error.message), { status: failed.error.status });
  return found;
}

/** Operations by name, with what was counted in both windows, step by step. */
function gathered(counts, errors, steps) {
  const operations = new Map();
  for (const { labels: { name: { value: name } }, values } of counts) operations.set(name, { name, now: half(values, steps, 1), before: half(values, steps, 0) });
  for (const { labels: { name: { value: name } }, values } of errors) {
    const operation = operations.get(name);
    // A span arrived between the two answers.
    if (!operation) continue;
    for (const [key, which] of [['before', 0], ['now', 1]]) {
      const { values: failures, count } = half(values, steps, which);
      Object.assign(operation[key], { failures, errors: count });
    }
  }
  return operations;
}

function half(values, steps, which) {
  const own = values.slice(which * steps, (which + 1) * steps).map((value) => value ?? 0);
  return { values: own, count: own.reduce((sum, value) => sum + value, 0), failures: Array(steps).fill(0), errors: 0, p50: 0, p95: 0, p99: 0 };
}

/** Adds latencies from an answer, converting seconds to microseconds. */
function addLatencies(operations, series, key) {
  for (const { labels: { name, p }, value } of series) {
    const operation = operations.get(name.value);
    if (operation) operation[key][nameOf(p.value)] = value * 1e6;
  }
}

function latenciesOf(series, steps) {
  const values = (quantile) => series.find(({ labels }) => Number(labels.p.value) === Number(quantile))?.values ?? Array(steps).fill(0);
  // A step without spans has no latency, though the answer says 0.
  return QUANTILES.map((quantile) => ({ name: nameOf(quantile), values: values(quantile).map((value) => (value > 0 ? value * 1e6 : null)) }));
}

const nameOf = (quantile) => `p${Math.round(Number(quantile) * 100)}`;

/** The services that call it, and those that it calls: `{ name, calls }`. */
export async function readNeighbours(service, { from, to }) {
  const { data = [] } = await getData(`dependencies?endTs=${to * 1000}&lookback=${(to - from) * 1000}`);
  const others = data.filter(({ parent, child }) => parent !== child);
  const sorted = (calls) => calls.sort((a, b) => b.calls - a.calls);
  return {
    callers: sorted(others.filter(({ child }) => child === service).map(({ parent, callCount }) => ({ name: parent, calls: callCount }))),
    callees: sorted(others.filter(({ parent }) => parent === service).map(({ child, callCount }) => ({ name: child, calls: callCount }))),
  };
}

/** The exceptions in its spans by type: `{ type, count, message }`, with the last message. */
export async function readExceptions(service, window) {
  const spans = selectorOf(service, true, 'event.exception.type != nil');
  const [{ series }, { traces = [] }] = await answers(
    valuesOver(`${spans} | count_over_time() by (event.exception.type)`, window),
    askTempo('search', {
      q: `${spans} | select(event.exception.type, event.exception.message)`, start: window.from, end: window.to, limit: EXCEPTION_TRACES, spss: EXCEPTION_SPANS,
    }),
  );
  const messages = new Map();
  for (const { spanSets = [] } of traces) {
    for (const { attributes = [] } of spanSets.flatMap(({ spans: found = [] }) => found)) {
      const { 'exception.type': type, 'exception.message': message } = Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
      if (type && message && !messages.has(type)) messages.set(type, message);
    }
  }
  return series.map(({ labels, value }) => ({ type: labels['event.exception.type']?.value ?? '', count: value }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map((exception) => ({ ...exception, message: messages.get(exception.type) ?? '' }));
}

/**
 * The versions of a service with spans, with their counts, failures and p95; empty if no version is
 * given.
 */
export async function readVersions(service, window, isAll) {
  const field = 'resource.service.version';
  const spans = selectorOf(service, isAll);
  const by = (query, ...conditions) => valuesOver(`${conditions.length ? selectorOf(service, isAll, ...conditions) : spans} | ${query} by (${field})`, window);
  const [counts, errors, latencies] = await answers(by('count_over_time()'), by('count_over_time()', 'status = error'), by('quantile_over_time(duration, 0.95)'));
  const versionOf = ({ labels }) => labels[field]?.value ?? 'nil';
  const valueOf = ({ series }, version) => series.find((one) => versionOf(one) === version)?.value ?? 0;
  return counts.series.filter((one) => versionOf(one) !== 'nil' && one.value > 0)
    .map((one) => ({ version: versionOf(one), count: one.value, errors: valueOf(errors, versionOf(one)), p95: valueOf(latencies, versionOf(one)) * 1e6 }))
    .sort((a, b) => b.count - a.count);
}

/** The names of a service's operations, from an API without metrics. */
export async function readOperationNames(service) {
  const { data = [] } = await getOperations(service);
  return data.map(String).sort();
}
