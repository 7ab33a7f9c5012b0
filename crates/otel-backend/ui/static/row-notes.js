import { ERROR } from './columns.js';
import { hasFlag } from './span-text.js';

/** The time without a wanted row after which notes are requested, so that scrolling does not wait for them. */
const PAUSE_MS = 60;
/** The most rows whose notes are requested together: the latest of those that were passed. */
const MAX_ASKED = 100;

/**
 * Notes on the events and status of spans, shown beside their bars; and, for a row that stands for
 * several, whether they are queries. The texts are in the worker; those of the visible rows are
 * requested together when they have stood for a moment, and cached.
 */
export class RowNotes {
  #trace;
  #come;
  #known = new Map();
  #wanted = new Set();
  #timer = 0;

  /** Calls `come` when new notes have arrived. */
  constructor(trace, come) {
    this.#trace = trace;
    this.#come = come;
  }

  /** A row's note, if it is loaded. */
  of(row) {
    const { eventsFrom } = this.#trace;
    if (eventsFrom[row] === eventsFrom[row + 1] && !hasFlag(this.#trace, row, ERROR)) return '';
    return this.#get(row)?.text ?? '';
  }

  /** The note of a row that stands for all similar ones. */
  ofMany(row) {
    return this.#get(row)?.many ?? '';
  }

  #get(row) {
    const note = this.#known.get(row);
    if (note === undefined) this.#want(row);
    return note;
  }

  #want(row) {
    if (!this.#trace.notes) return;
    this.#wanted.add(row);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), this.#known.size > 0 ? PAUSE_MS : 0);
  }

  async #ask() {
    const rows = [...this.#wanted].slice(-MAX_ASKED);
    this.#wanted.clear();
    const notes = await this.#trace.notes(rows);
    rows.forEach((wanted, index) => this.#known.set(wanted, notes[index]));
    if (notes.some(({ text, many }) => text || many)) this.#come();
  }
}
