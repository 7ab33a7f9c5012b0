import { LATEST_SECONDS } from './backend.js';
import { LOOKBACKS } from './query.js';
import { seriesOf, stepsOf } from './tempo.js';
import { pipelineOf } from './traceql-query.js';

/** Steps of a chart, in seconds; those of less than a second divide one. */
const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
/** The step in which all times are searched for spans, however far their clocks are off. */
const MONTH = 30 * 86400;

/** The most steps of a chart. */
const MOST_STEPS = 60;

/**
 * The window of two times in seconds, `{ from, to, step }`, in whole seconds and steps, so that the
 * list and all charts cover the same spans.
 */
export function windowBetween(begin, end, most = MOST_STEPS) {
  const step = STEPS.find((long) => (end - begin) / long <= most) ?? Math.ceil((end - begin) / most / 86400) * 86400;
  const unit = Math.max(1, step);
  const from = Math.floor(begin / unit) * unit;
  return { from, to: Math.max(Math.ceil(end / unit) * unit, from + unit), step };
}

/** The window of the same length before it. */
export const windowBefore = ({ from, to, step }) => ({ from: 2 * from - to, to: from, step });

/** The elapsed seconds of each step of a window; at least half a step, so that a rate does not jump. */
export function lengthsOf(window, now = Date.now()) {
  const { from, step } = window;
  return Array.from({ length: stepsOf(window) }, (_, at) => Math.min(step, Math.max(step / 2, now / 1000 - from - at * step)));
}

/** The window of a query; without a time limit, the time that has spans. Or an error. */
export async function windowOf(query, signal) {
  const now = Date.now() / 1000;
  if (query.lookback === 'custom') return windowBetween(query.start / 1e6, query.end ? query.end / 1e6 : now);
  if (query.lookback !== 'any') return windowBetween(now - LOOKBACKS.get(query.lookback), now);
  const months = await occupied(query.q, { from: 0, to: Math.floor(LATEST_SECONDS / MONTH) * MONTH, step: MONTH }, signal);
  if (months?.error) return months;
  if (!months) return windowBetween(now - MONTH, now);
  const closer = await occupied(query.q, windowBetween(months.from, months.to, 1000), signal) ?? months;
  return closer.error ? closer : windowBetween(closer.from, closer.to);
}

/** The range from the first step with a matching span to the last one; `null` if no span matches. */
async function occupied(query, window, signal) {
  const { series, error } = await seriesOf(`${pipelineOf(query)} | count_over_time()`, window, signal);
  if (error) return { error };
  const counts = series[0]?.values ?? [];
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  const { from, step } = window;
  return first < 0 ? null : { from: from + first * step, to: from + (last + 1) * step };
}
