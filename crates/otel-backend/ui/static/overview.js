import { el } from './dom.js';
import { formatCount, formatDuration, formatRate, formatShare } from './format.js';
import { HeatMap } from './heat-map.js';
import { seriesOf, stepsOf } from './tempo.js';
import { TimeChart } from './time-chart.js';
import { pipelineOf } from './traceql-query.js';

const QUANTILES = [['0.5', 'p50', '--s5'], ['0.95', 'p95', '--s0'], ['0.99', 'p99', '--s6']];

/**
 * All matching spans over time: their number, the failed ones, their durations, and a heat map of
 * these. Each chart is the answer to metrics of the same query.
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
      seriesOf(`${pipeline} | quantile_over_time(duration, ${QUANTILES.map(([quantile]) => quantile).join(', ')})`, window, signal),
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
    const [counts, quantiles, histogram] = answers.map(({ series }) => series);
    const totals = this.#showRate(window, counts);
    this.#showLatency(window, quantiles, sumOf(counts, stepsOf(window)));
    this.#heat.set(window, histogram.map(({ labels, values }) => ({ bound: Number(labels.__bucket.value), values })));
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

  /** A step without spans has no latency; the API gives its quantiles as 0. */
  #showLatency(window, quantiles, counts) {
    this.#latency.set(window, QUANTILES.flatMap(([quantile, name, colour]) => {
      const found = quantiles.find(({ labels }) => labels.p?.value === quantile);
      return { name, colour, values: counts.map((count, at) => (count ? (found?.values[at] ?? null) : null)) };
    }));
  }
}

/** The sum of the series, a number for each step. */
function sumOf(series, steps) {
  return Array.from({ length: steps }, (_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
}
