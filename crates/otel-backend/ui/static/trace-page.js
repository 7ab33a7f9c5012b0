import { loadTrace, localTrace } from './backend.js';
import { formatDuration, plural } from './format.js';
import { toast } from './dom.js';
import { pause } from './pause.js';
import { Preview } from './preview.js';
import { operationOf, serviceOf } from './span-text.js';
import { failure, loading, unknownTrace } from './states.js';
import { TraceView } from './trace-view.js';

/** How long the page waits before it says that it is loading. */
const PATIENCE_MS = 150;
const POLL_MS = 1500;
/** A trace whose last span ended less than this ago may still be arriving. */
const YOUNG_MICROS = 60e6;
/** Above this, reading the trace again and again would cost more than it is worth. */
const MAX_POLLED_SPANS = 20_000;

export async function show(page, route, signal) {
  document.title = `${route.id.slice(0, 8)} · otel-backend`;
  const wanted = route.parameters.get('uiFind');
  const trace = localTrace(route.id) ?? (await loadPatiently(page, route.id, wanted, signal));
  if (signal.aborted || !trace) return;
  const row = wanted ? await trace.locate(wanted) : -1;
  if (signal.aborted) return;
  const shown = await present(page, trace, (view) => view.start(route.parameters, row), signal);
  if (!trace.isLocal) await follow(page, shown, signal);
}

/** The trace; as long as there is none, the page says so and asks again. */
async function loadPatiently(page, id, wanted, signal) {
  const progress = new Progress(page, signal);
  for (let said = ''; ; ) {
    const trace = await loadTrace(id, (report) => progress.show(report), wanted);
    progress.end();
    if (signal.aborted || !trace.error) return trace;
    const { status, message } = trace.error;
    // The same is not said twice, so that what a person has marked on the page stays.
    if (said !== message) page.replaceChildren(problem(id, status, message));
    said = message;
    if (status !== 0 && status !== 404) return null;
    await pause(POLL_MS, signal);
    if (signal.aborted) return null;
  }
}

/** What the page shows while a trace is on its way: a line, then the first spans. */
class Progress {
  #page;
  #timer;
  #note = loading('Opening the trace…');
  #preview = null;
  #isOver = false;

  constructor(page, signal) {
    this.#page = page;
    this.#timer = setTimeout(() => page.replaceChildren(this.#note), PATIENCE_MS);
    signal.addEventListener('abort', () => this.end());
  }

  show({ spans, of, view, row }) {
    if (this.#isOver) return;
    if (view) {
      clearTimeout(this.#timer);
      this.#preview?.destroy();
      this.#preview = new Preview(view, row);
      this.#page.replaceChildren(this.#preview.node);
    }
    this.#preview?.say(spans, of);
    // What is said takes a line, and the rows have the rest.
    if (view) this.#preview.draw();
  }

  end() {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#preview?.destroy();
    this.#preview = null;
  }
}

function problem(id, status, message) {
  if (status === 404) return unknownTrace(id, message);
  if (status === 0) return failure('The backend does not answer', `Opening trace ${id}: ${message}. This page tries again by itself.`);
  return failure('The trace could not be opened', `The backend says: ${message}.`);
}

/** Puts a view of the trace on the page; `begin(view)` brings it to where it should be. */
async function present(page, trace, begin, signal) {
  const { root } = trace;
  if (root >= 0) document.title = `${serviceOf(trace, root)}: ${operationOf(trace, root).slice(0, 80)} · ${formatDuration(trace.end - trace.begin)}`;
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  signal.addEventListener('abort', leave, { once: true });
  const view = new TraceView(trace, leaving.signal);
  page.replaceChildren(view.node);
  await begin(view);
  return { trace, view, leave };
}

/** Adds the spans that are still arriving. */
async function follow(page, shown, signal) {
  while (isYoung(shown.trace)) {
    await pause(POLL_MS, signal);
    if (signal.aborted) return;
    if (document.hidden) continue;
    const trace = await loadTrace(shown.trace.id);
    if (signal.aborted) return;
    if (trace.error || trace.count === shown.trace.count) {
      if (!trace.error) trace.drop();
      continue;
    }
    const more = trace.count - shown.trace.count;
    const state = await shown.view.state();
    shown.leave();
    shown.trace.drop();
    shown = await present(page, trace, (view) => view.restore(state), signal);
    if (more > 0) toast(`${plural(more, 'span')} more`);
  }
}

const isYoung = ({ end, count }) => count <= MAX_POLLED_SPANS && Math.abs(Date.now() * 1000 - end) < YOUNG_MICROS;
