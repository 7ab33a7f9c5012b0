import { loadTrace } from './backend.js';
import { formatDuration, plural } from './format.js';
import { failure, loading, unknownTrace } from './states.js';
import { operationOf, serviceOf } from './span-text.js';
import { TraceView } from './trace-view.js';

/** How long a page waits before it says that it is loading. */
const PATIENCE_MS = 150;

export async function show(page, route, signal) {
  document.title = `${route.id.slice(0, 8)} · otel-backend`;
  const trace = await load(page, route, signal);
  if (signal.aborted) return;
  if (trace.error) {
    const { status, message } = trace.error;
    const retry = () => show(page, route, signal);
    if (status === 404) page.replaceChildren(unknownTrace(route.id, message));
    else if (status === 0) page.replaceChildren(failure('The backend does not answer', `Opening trace ${route.id}: ${message}.`, retry));
    else page.replaceChildren(failure('The trace could not be opened', `The backend says: ${message}.`, retry));
    return;
  }
  document.title = `${serviceOf(trace, trace.root)}: ${operationOf(trace, trace.root)} · ${formatDuration(trace.end - trace.begin)}`;
  const view = new TraceView(trace, route.parameters, signal);
  page.replaceChildren(view.node);
  await view.start();
  signal.addEventListener('abort', () => trace.drop());
}

async function load(page, { id }, signal) {
  const note = loading('Opening the trace…');
  const timer = setTimeout(() => {
    if (!signal.aborted) page.replaceChildren(note);
  }, PATIENCE_MS);
  const trace = await loadTrace(id, (spans) => {
    note.textContent = `Opening the trace… ${plural(spans, 'span')}`;
  });
  clearTimeout(timer);
  return trace;
}
