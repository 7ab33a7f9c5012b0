import { tempoUrl } from './route.js';

/** A metrics query that has no answer; `status` is 0 for a backend that does not answer at all. */
export class MetricsError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** Whether the backend does not know TraceQL, as Jaeger does not. */
  get isUnknown() {
    return [404, 405, 501, 200].includes(this.status);
  }
}

/**
 * A metrics query over a window: `[{ labels, values }]`, where `labels` are texts by their names and
 * there is a value, or NaN, for each part.
 */
export async function metricsOverTime(query, { start, end, step }) {
  const { series, isPartial } = await ask('metrics/query_range', { q: `${query} with (exemplars = false)`, start, end, step: `${step}s` });
  const parts = Math.round((end - start) / step);
  return {
    isPartial,
    series: series.map(({ labels, samples = [] }) => {
      const values = new Float64Array(parts).fill(NaN);
      for (const { timestampMs, value = 0 } of samples) {
        // The answer begins with the part that ends where the window starts.
        const part = Math.round((Number(timestampMs) / 1000 - start) / step) - 1;
        if (part >= 0 && part < parts) values[part] = Number(value);
      }
      return { labels: readLabels(labels), values };
    }),
  };
}

/** A metrics query over all of a window: `[{ labels, value }]`. */
export async function metricsOf(query, { start, end }) {
  const { series, isPartial } = await ask('metrics/query', { q: query, start, end });
  return { isPartial, series: series.map(({ labels, value = 0 }) => ({ labels: readLabels(labels), value: Number(value) })) };
}

/** A text as TraceQL writes it. */
export const quoted = (text) => JSON.stringify(text);

async function ask(path, parameters) {
  const body = await getTempo(path, parameters);
  return { series: body.series ?? [], isPartial: body.status === 'PARTIAL' };
}

/** One of the short answers of Tempo's API. Throws a `MetricsError`. */
export async function getTempo(path, parameters) {
  let response;
  try {
    response = await fetch(tempoUrl(`${path}?${new URLSearchParams(parameters)}`), { headers: { accept: 'application/json' } });
  } catch {
    throw new MetricsError('the backend does not answer', 0);
  }
  const isJson = response.headers.get('content-type')?.includes('json');
  if (response.ok && isJson) return response.json();
  const text = isJson || !response.ok ? (await response.text()).trim().slice(0, 300) : 'the answer is not JSON';
  throw new MetricsError(text || `status ${response.status}`, response.status);
}

function readLabels(labels = []) {
  return Object.fromEntries(labels.map(({ key, value = {} }) => [key, String(Object.values(value)[0] ?? '')]));
}
