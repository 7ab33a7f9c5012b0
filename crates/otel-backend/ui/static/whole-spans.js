import { fetchTraces } from './fetch-traces.js';

/** Reads the spans of a trace in whole, of which only outlines have come: when one of them is wanted, and that one first. */
export class WholeSpans {
  #trace;
  #urlOf;
  #reading = null;
  #isOver = false;
  /** `[row, resolve]` of those that are waited for. */
  #waiting = [];
  #leaving = new AbortController();

  /** `urlOf(spanId)` is the address of the trace, with that span first if there is one. */
  constructor(trace, urlOf) {
    this.#trace = trace;
    this.#urlOf = urlOf;
  }

  /** Resolves when all have come. */
  all() {
    return this.#read();
  }

  /** Resolves when that of a row has come, or all that will. */
  async of(row) {
    if (this.#trace.isWhole(row)) return;
    const all = this.#read(row);
    await Promise.race([all, new Promise((resolve) => this.#waiting.push([row, resolve]))]);
  }

  drop() {
    this.#leaving.abort();
  }

  #read(row = -1) {
    if (this.#isOver) return null;
    this.#reading ??= this.#fetch(row < 0 ? '' : this.#trace.spanIds([row])[0]);
    return this.#reading;
  }

  async #fetch(first) {
    const take = (columns, _, segments) => this.#take(columns, segments);
    const progress = ({ isDone, columns, segments }) => isDone || this.#take(columns, segments);
    const { error } = await fetchTraces(this.#urlOf(first), take, progress, this.#leaving.signal);
    this.#reading = null;
    if (error) throw new Error(error.message);
    this.#isOver = true;
  }

  #take(columns, segments) {
    this.#trace.take(columns, segments);
    this.#waiting = this.#waiting.filter(([row, resolve]) => !this.#trace.isWhole(row) || resolve());
  }
}
