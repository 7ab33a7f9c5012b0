import { noPath } from './critical-path.js';
import { fetchTraces } from './fetch-traces.js';
import { LoadedTrace, numberOf } from './loaded-trace.js';

/**
 * A trace of so many spans is shown as it comes, when the first of them are there; a shorter one only
 * if it takes longer than this, since to draw it twice takes time, too.
 */
const LONG_SPANS = 5000;
const PREVIEW_SPANS = 60;
const PATIENCE_MS = 200;
/** The interval at which the page is told about the progress of loading. */
const REPORT_MS = 150;

/** A trace that is being loaded. */
export class Loading {
  #progress = null;
  #wanted = null;
  #scanner = null;
  /** The number of spans to expect, or 0 if it is not known. */
  #of = 0;
  #began = performance.now();
  #reported = this.#began;
  #isShown = false;
  /** The number of spans that were searched for the wanted one. */
  #passed = 0;

  /**
   * `keep(trace, of)` makes the result from the loaded trace; `answer` is or becomes the backend's answer, if that
   * has been asked already.
   */
  constructor(url, answer, keep) {
    this.url = url;
    this.answer = this.#load(answer, keep);
  }

  async #load(begun, keep) {
    const make = (columns, members, segments) => new LoadedTrace(columns, members, segments);
    const { error, traces, of } = await fetchTraces(this.url, make, (scanner, of) => this.#come(scanner, of), null, begun);
    if (error) return { error };
    return traces[0] ? keep(traces[0], of) : { error: { status: 404, message: 'trace not found' } };
  }

  /** Tells `progress` how far it has come; `wanted` is the span that the page will go to, if any. */
  follow(progress, wanted) {
    this.#progress = progress;
    this.#wanted = wanted;
    this.#report();
  }

  #come(scanner, of) {
    this.#scanner = scanner;
    this.#of = of;
    this.#report();
  }

  /**
   * Tells how many spans have come, and of how many; and when the whole takes long, what the first look
   * like, and the one that is wanted among those so far. The services are named at the end of a trace,
   * so they are still unknown; so is the critical path.
   */
  #report() {
    const now = performance.now();
    const isLong = this.#of >= LONG_SPANS || now - this.#began > PATIENCE_MS;
    if (!this.#progress || !this.#scanner || this.#scanner.isDone || !isLong) return;
    const { spans, columns } = this.#scanner;
    const hasCome = this.#hasCome(columns);
    if (hasCome || (!this.#isShown && spans >= PREVIEW_SPANS)) {
      this.#isShown = true;
      const trace = new LoadedTrace(columns, {}, [], noPath);
      this.#progress({ spans, of: this.#of, view: trace.view, row: hasCome ? trace.locate(this.#wanted) : -1 });
    } else if (now - this.#reported > REPORT_MS) this.#progress({ spans, of: this.#of });
    else return;
    this.#reported = now;
  }

  /** Returns true if the wanted span is among the latest. */
  #hasCome(columns) {
    const number = this.#wanted ? numberOf(this.#wanted, columns) : -1;
    const from = this.#passed;
    this.#passed = columns.count;
    return number >= 0 && columns.id.subarray(from, columns.count).includes(number);
  }
}
