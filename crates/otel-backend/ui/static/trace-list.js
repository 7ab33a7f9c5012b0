import { el } from './dom.js';
import { formatCount, formatDuration, plural } from './format.js';
import { pause } from './pause.js';
import { MAX_LIMIT } from './query.js';
import { columnStyle } from './result-columns.js';
import { Results } from './results.js';
import { remember } from './route.js';

const LIVE_MS = 2000;

/**
 * The matching traces, and those that arrive meanwhile.
 *
 * `search(query)` returns `{ traces }` or an error. `place(node)` puts the list on the page, and
 * `empty()` is called instead if there are no traces; `came(traces, added)` is called after each
 * update.
 */
export class TraceList {
  #query;
  #calls;
  #signal;
  #results;
  #live;
  #took = 0;
  /** Traces that arrived while the user interacts with the list. */
  #waiting = null;
  /** True if the API orders all matching traces, and not only the newest. */
  #isOrdered;

  constructor(query, { isLive, isFixed, isOrdered, ...calls }, signal) {
    this.#query = query;
    this.#calls = calls;
    this.#signal = signal;
    this.#live = isLive;
    this.#isOrdered = isOrdered;
    this.isFixed = isFixed;
    this.#results = new Results(query, (order) => this.#reorder(order));
    this.summary = el('p.summary', { role: 'status' });
    this.pill = el('button.pill.primary', { type: 'button', hidden: true, onclick: () => this.#take() });
    this.banner = el('div.banner', { hidden: true }, 'Cannot reach the backend. Retrying…');
    this.liveButton = el('button.live', { type: 'button', 'aria-pressed': isLive, hidden: isFixed, title: 'Add new traces automatically  l', onclick: () => this.toggleLive() }, 'Live');
    this.bar = [this.summary, this.pill, this.liveButton, this.#results.compare, this.#results.order];
    this.node = el('div.found-list', {}, header(query.columns), this.#results.rows);
    signal.addEventListener('abort', () => this.#results.destroy());
  }

  get traces() {
    return this.#results.traces;
  }

  /** The listed traces, or the newest of those from which they were chosen. */
  get drawn() {
    return this.traces.length > this.#results.shown ? this.traces.slice(0, MAX_LIMIT) : this.traces;
  }

  step(by) {
    this.#results.step(by);
  }

  toggleLive() {
    this.#live = !this.#live;
    this.liveButton.setAttribute('aria-pressed', this.#live);
    this.#calls.turned?.(this.#live);
  }

  /** Loads and shows the traces; returns an error if that failed. */
  async load() {
    const began = performance.now();
    const answer = await this.#calls.search(this.#query);
    if (this.#signal.aborted) return null;
    if (answer.error) return answer.error;
    this.#took = performance.now() - began;
    this.#place(answer.traces);
    this.#results.set(answer.traces);
    this.#say();
    return null;
  }

  async #reorder(order) {
    this.#query = { ...this.#query, order };
    remember({ top: 0 });
    this.#waiting = null;
    this.#calls.reordered?.(order);
    const error = await this.load();
    if (!this.#signal.aborted) this.banner.hidden = !error;
  }

  #place(traces) {
    if (traces.length === 0) this.#calls.empty();
    else if (!this.#results.rows.isConnected) this.#calls.place(this.node);
  }

  #say() {
    const { traces, shown } = this.#results;
    const { order, limit, isListed } = this.#query;
    const fresh = this.#results.countFresh();
    const isCut = !isListed && traces.length >= (order === 'newest' || this.#isOrdered ? limit : MAX_LIMIT);
    const words = this.#isOrdered && isCut ? `${ORDER_WORDS[order]} ${plural(shown, 'trace')} (more match)` : summaryOf(shown, traces.length, order, isCut);
    this.summary.textContent = `${words}${fresh ? ` · ${formatCount(fresh)} new` : ''}`;
    this.summary.title = `searched in ${formatDuration(this.#took * 1000)}`;
    this.#calls.said?.();
  }

  /** Adds new traces as they arrive, as long as the page is visible. */
  async follow() {
    for (;;) {
      // A slow backend is queried less often.
      await pause(Math.max(LIVE_MS, 10 * this.#took), this.#signal);
      if (this.#signal.aborted) return;
      if (!this.#live || document.hidden || this.isFixed) continue;
      const began = performance.now();
      const answer = await this.#calls.search(this.#query);
      if (this.#signal.aborted) return;
      this.#took = performance.now() - began;
      this.banner.hidden = !answer.error;
      if (answer.error || !this.#live) continue;
      this.#come(answer.traces);
    }
  }

  /** Shows new traces at once unless the user interacts with the list; then they wait behind a button. */
  #come(traces) {
    const added = this.#results.unknown(traces);
    this.#calls.came(traces, added);
    this.#waiting = traces;
    if (added && this.#results.rows.isConnected && this.#results.isHeld) {
      this.#results.refresh(traces);
      this.pill.textContent = `Show ${plural(added, 'new trace')}`;
      this.pill.hidden = false;
    } else this.#take();
  }

  #take() {
    const { activeElement } = document;
    this.pill.hidden = true;
    if (!this.#waiting) return;
    if (activeElement === this.pill) this.#results.rows.scrollTop = 0;
    this.#place(this.#waiting);
    if (this.#results.isHeld && this.#results.unknown(this.#waiting) === 0) this.#results.refresh(this.#waiting);
    else this.#results.merge(this.#waiting);
    this.#waiting = null;
    this.#say();
  }
}

const ORDER_WORDS = { newest: 'Newest', longest: 'Longest', shortest: 'Shortest', spans: 'Largest', errors: 'Worst' };

/** Formats "25 traces", "Newest 20 traces (more match)", "Longest 20 of 312 traces". */
function summaryOf(shown, found, order, isCut) {
  if (order === 'newest') return isCut ? `Newest ${plural(shown, 'trace')} (more match)` : plural(shown, 'trace');
  if (shown === found && !isCut) return plural(shown, 'trace');
  const among = isCut ? `the newest ${plural(found, 'trace')} (more match)` : plural(found, 'trace');
  return `${ORDER_WORDS[order] ?? 'First'} ${formatCount(shown)} of ${among}`;
}

function header(columns = []) {
  return el('div.row.result.header', { 'aria-hidden': true, ...columnStyle(columns) }, el('span'), el('span', {}, 'Trace (root span)'), columns.map((field) => el('span.field-value', {}, field)),
    el('span.mixed', {}, 'Services'), el('span.number.spans', {}, 'Spans'), el('span.number', {}, 'Errors'), el('span.lasting', {}, 'Duration'), el('span.started', {}, 'Started'));
}
