import { age } from './ages.js';
import { loadTrace, localTrace } from './backend.js';
import { Comparison } from './comparison.js';
import { el } from './dom.js';
import { formatDuration, formatTime, plural } from './format.js';
import { MEDIAN, medianLike } from './median-trace.js';
import { reached } from './reached.js';
import { compareUrl, traceUrl } from './route.js';
import { operationOf, serviceOf } from './span-text.js';
import { failure, loading } from './states.js';
import { readTraceId } from './trace-id.js';

/** Shows two traces side by side, by call path. The second may be the median of the first's operation. */
export async function show(page, { id, other }, signal) {
  document.title = 'Compare · otel-backend';
  page.replaceChildren(loading('Opening both traces…'));
  const retry = () => show(page, { id, other }, signal);
  const { traces } = await reached(() => openBoth(id, other), page, signal);
  signal.addEventListener('abort', () => drop(traces));
  if (signal.aborted) {
    drop(traces);
    return;
  }
  const missing = traces.findIndex(({ trace }) => trace.error);
  if (missing >= 0) {
    page.replaceChildren(failure('The traces cannot be compared', `Opening trace ${[id, other][missing]}: ${traces[missing].trace.error.message}.`, retry));
    return;
  }
  const [{ trace: a }, { trace: b, note }] = traces;
  const comparison = new Comparison(a, b);
  page.replaceChildren(el('div.trace.compare', {},
    el('div.sides', {}, side('A', a), el('a', { href: compareUrl(b.id, a.id), title: 'Swap A and B', 'aria-label': 'Swap A and B' }, '⇄'), side('B', b, note)),
    comparison.node));
  comparison.draw();
  signal.addEventListener('abort', () => comparison.destroy());
}

/** `{ traces: [{ trace, note }], error }`: if one of them cannot be opened, with its error. */
async function openBoth(id, other) {
  const traces = other === MEDIAN ? await withMedian(id) : (await Promise.all([id, other].map(open))).map((trace) => ({ trace }));
  const error = traces.find(({ trace }) => trace.error)?.trace.error;
  if (error) drop(traces);
  return { traces, error };
}

function drop(traces) {
  for (const { trace } of traces) if (!trace.error && !trace.isLocal) trace.drop();
}

const open = async (id) => localTrace(id) ?? loadTrace(readTraceId(id)?.id ?? id);

/** A trace, and the one with the median duration among similar traces. */
async function withMedian(id) {
  const trace = await open(id);
  if (trace.error) return [{ trace }];
  const { id: median, note, error } = await medianLike(trace);
  return [{ trace }, { trace: error ? { error } : await open(median), note }];
}

function side(letter, trace, note = '') {
  const { root, epoch, begin, end, count, errors, id } = trace;
  return el('section', { 'aria-label': `Trace ${letter}` },
    el('h1', {}, el('b', {}, letter), el('a', { href: traceUrl(id) }, `${serviceOf(trace, root)}: ${operationOf(trace, root).slice(0, 120)}`)),
    el('p', {}, `${formatDuration(end - begin)} · ${plural(count, 'span')} · ${plural(errors, 'error')} · ${formatTime(epoch + begin)}, `, age(epoch + begin)),
    note && el('p.note', {}, note));
}
