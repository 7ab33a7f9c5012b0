import { el } from './dom.js';
import { formatCount, formatDuration, formatRate, formatShare } from './format.js';
import { HeatMap } from './heat-map.js';
import { quantileOf } from './quantile.js';
import { seriesOf, stepsOf } from './tempo.js';
import { TimeChart } from './time-chart.js';
import { pipelineOf } from './traceql-query.js';

const QUANTILES = [[0.5, 'p50', '--s5'], [0.95, 'p95', '--s0'], [0.99, 'p99', '--s6']];

/**
 * All matching spans over time: their number, the failed ones, their durations, and a heat map of
 * these, from metrics of the same query. The quantiles are those of the heat map, and so equal TraceQL's.
 */
export class Overview {
  #rate;
  #latency;
  #heat;

  /** `picked(from, to)` is called with a time range, `choices(region)` for a region of the heat map. */
  constructor({ picked, choices }, signal) {
    this.#rate = new TimeChart({ title: 'Spans', bars: true, format: formatRate, picked }, signal);
    this.#latency = new TimeChart({ title: 'Latency', format: (seconds) => formatDuration(seconds * 1e6), picked }, signal);
    this.#heat = new HeatMap(choices, signal);
    this.problem = el('p.problem', { hidden: true });
    this.node = el('div.over-time.blank', {}, this.#rate.node, this.#latency.node, this.#heat.node, this.problem);
  }

  get isHeld() {
    return [this.#rate, this.#latency, this.#heat].some(({ isHeld }) => isHeld);
  }

  /** Loads and shows everything: `{ spans, errors }` of the matching spans, or an error. */
  async load(query, window, signal) {
    const pipeline = pipelineOf(query);
    const answers = await Promise.all([
      seriesOf(`${pipeline} | count_over_time() by (status)`, window, signal),
      seriesOf(`${pipeline} | histogram_over_time(duration)`, window, signal),
    ]);
    if (signal.aborted) return {};
    const failed = answers.find(({ error }) => error);
    this.problem.hidden = !failed;
    if (failed) {
      this.problem.textContent = `The charts could not be made: ${failed.error.message}.`;
      return { error: failed.error };
    }
    this.node.classList.remove('blank');
    const [counts, histogram] = answers.map(({ series }) => series);
    const buckets = histogram.map(({ labels, values }) => ({ bound: Number(labels.__bucket.value), values })).sort((a, b) => a.bound - b.bound);
    const totals = this.#showRate(window, counts);
    this.#showLatency(window, buckets, sumOf(counts, stepsOf(window)));
    this.#heat.set(window, buckets);
    return totals;
  }

  #showRate(window, counts) {
    const steps = stepsOf(window);
    const all = sumOf(counts, steps);
    const failed = sumOf(counts.filter(({ labels }) => labels.status?.value === 'error'), steps);
    const [spans, errors] = [all, failed].map((values) => values.reduce((sum, value) => sum + value, 0));
    const rate = (values) => values.map((value) => value / window.step);
    this.#rate.set(window, [
      { name: 'spans', said: formatCount(spans), colour: '--s0', values: rate(all) },
      { name: 'errors', said: `${formatCount(errors)} (${formatShare(spans ? errors / spans : 0)})`, colour: '--error', values: rate(failed) },
    ]);
    return { spans, errors };
  }

  /** A step without spans has no latency. */
  #showLatency(window, buckets, counts) {
    const ofSteps = counts.map((_, at) => buckets.map(({ bound, values }) => [bound, values[at] ?? 0]));
    this.#latency.set(window, QUANTILES.map(([share, name, colour]) => ({
      name, colour, values: counts.map((count, at) => (count ? quantileOf(ofSteps[at], share) : null)),
    })));
  }
}

/** The sum of the series, a number for each step. */
function sumOf(series, steps) {
  return Array.from({ length: steps }, (_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
}
