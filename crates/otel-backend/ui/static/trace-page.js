import { loadTrace, localTrace } from './backend.js';
import { formatCount, formatDuration } from './format.js';
import { toast } from './dom.js';
import { pause } from './pause.js';
import { Preview } from './preview.js';
import { operationOf, serviceOf } from './span-text.js';
import { traceUrl } from './route.js';
import { failure, loading, unknownTrace, unreachable, wrongId } from './states.js';
import { readTraceId } from './trace-id.js';
import { TraceView } from './trace-view.js';

/** The time that the page waits before it shows that it is loading. */
const PATIENCE_MS = 150;
const POLL_MS = 1500;
/** A trace may still be growing if its last span ended less than this ago. */
const YOUNG_MICROS = 60e6;
/** The largest trace that is reloaded repeatedly. */
const MAX_POLLED_SPANS = 20_000;

export async function show(page, route, signal) {
  document.title = `${route.id.slice(0, 8)} · otel-backend`;
  const meant = localTrace(route.id) ? { id: route.id } : readTraceId(route.id);
  if (!meant) {
    page.replaceChildren(wrongId(route.id));
    return;
  }
  const parameters = new URLSearchParams(route.parameters);
  if (meant.span) parameters.set('uiFind', meant.span);
  // A pasted text, for example a traceparent, becomes the address of its trace.
  if (meant.id !== route.id) history.replaceState(history.state, '', traceUrl(meant.id, String(parameters) && `?${parameters}`));
  const wanted = parameters.get('uiFind');
  const trace = localTrace(meant.id) ?? (await loadPatiently(page, meant.id, wanted, signal));
  if (signal.aborted || !trace) return;
  const row = wanted ? await trace.locate(wanted) : -1;
  if (signal.aborted) return;
  const shown = new ShownTrace(page, signal);
  await shown.start(trace, parameters, row);
  route.follow((next) => shown.update(next));
  if (!trace.isLocal) await shown.grow();
}

/** Loads the trace; while there is none, the page says so and retries. */
async function loadPatiently(page, id, wanted, signal) {
  const progress = new Progress(page, signal);
  for (let said = ''; ; ) {
    const trace = await loadTrace(id, (report) => progress.show(report), wanted);
    progress.end();
    if (signal.aborted || !trace.error) return trace;
    const { status, message } = trace.error;
    // The same message is not shown again, so that selected text on the page stays selected.
    if (said !== message) page.replaceChildren(problem(id, status, message));
    said = message;
    if (status !== 0 && status !== 404) return null;
    await pause(POLL_MS, signal);
    if (signal.aborted) return null;
  }
}

/** The page while a trace is loading: a line, then the first spans. */
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
    // The message takes a line, and the rows have the rest.
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
  if (status === 0) return unreachable(`Opening trace ${id}: ${message}.`);
  return failure('The trace could not be opened', `The backend says: ${message}.`);
}

/**
 * The trace on the page: as sent or with its clock skew removed, including spans that are still
 * arriving.
 */
class ShownTrace {
  #page;
  #signal;
  #trace;
  #view;
  #isAdjusted = false;
  #leave = () => {};

  constructor(page, signal) {
    this.#page = page;
    this.#signal = signal;
  }

  async start(trace, parameters, row) {
    await this.#present(trace).start(parameters, row);
  }

  /** Follows the address to another view of the trace; returns false if it is another page. */
  update({ page, id, parameters }) {
    const { isLocal, original } = this.#trace;
    const isSame = page === 'trace' && id === this.#trace.id && localTrace(id) === (isLocal ? original ?? this.#trace : undefined);
    if (!isSame) return false;
    this.#view.update(parameters);
    return true;
  }

  /** Adds the spans that are still arriving. */
  async grow() {
    while (isYoung(this.#trace)) {
      await pause(POLL_MS, this.#signal);
      if (this.#signal.aborted) return;
      if (document.hidden) continue;
      const trace = await loadTrace(this.#trace.id);
      if (this.#signal.aborted) return;
      if (trace.error) continue;
      const more = trace.count - this.#trace.count;
      if (more === 0) trace.drop();
      else await this.#replace(trace);
      if (more > 0) toast(`${formatCount(more)} more ${more === 1 ? 'span' : 'spans'}`);
    }
  }

  async #replace(trace) {
    const before = this.#trace;
    const next = this.#isAdjusted ? await trace.adjusted() : trace;
    const rows = await this.#view.rowsIn(next);
    if (this.#signal.aborted) return;
    const state = this.#view.state();
    this.#present(next).restore(state, rows);
    before.drop();
  }

  async #adjust(on) {
    this.#isAdjusted = on;
    const trace = on ? await this.#trace.adjusted() : this.#trace.original;
    const rows = await this.#view.rowsIn(trace);
    if (this.#signal.aborted) return;
    const state = { ...this.#view.state(), range: null };
    this.#present(trace).restore(state, rows);
  }

  /** Puts a new view of the trace on the page. */
  #present(trace) {
    const { root } = trace;
    if (root >= 0) document.title = `${serviceOf(trace, root)}: ${operationOf(trace, root).slice(0, 80)} · ${formatDuration(trace.end - trace.begin)}`;
    this.#leave();
    const leaving = new AbortController();
    this.#leave = () => leaving.abort();
    this.#signal.addEventListener('abort', this.#leave, { once: true });
    const view = new TraceView(trace, leaving.signal, (on) => this.#adjust(on));
    this.#page.replaceChildren(view.node);
    this.#trace = trace;
    this.#view = view;
    return view;
  }
}

const isYoung = ({ epoch, end, count }) => count <= MAX_POLLED_SPANS && Math.abs(Date.now() * 1000 - epoch - end) < YOUNG_MICROS;
