import { ERROR } from './columns.js';
import { hasFlag } from './span-text.js';

/**
 * Notes on the events and status of spans, shown beside their bars; and, for a row that stands for
 * several, whether they are queries. The texts are in the worker; those of the visible rows are
 * requested together, and cached.
 */
export class RowNotes {
  #trace;
  #come;
  #known = new Map();
  #wanted = new Set();

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

  async #want(row) {
    this.#wanted.add(row);
    // The first row that is drawn waits for the others of its frame.
    if (this.#wanted.size > 1 || !this.#trace.notes) return;
    await null;
    const rows = [...this.#wanted];
    this.#wanted.clear();
    const notes = await this.#trace.notes(rows);
    rows.forEach((wanted, index) => this.#known.set(wanted, notes[index]));
    if (notes.some(({ text, many }) => text || many)) this.#come();
  }
}
