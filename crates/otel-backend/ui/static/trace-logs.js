import { el } from './dom.js';
import { formatCount, plural } from './format.js';
import { LogList, severityChoice } from './log-list.js';
import { passes, readRecord } from './log-records.js';

/**
 * The log records of a trace: a list below its timeline, filtered by severity and text, and the moments
 * to be marked on its spans, a map from rows to moments.
 */
export class TraceLogs {
  #trace;
  #records;
  #filter = { severity: 0, text: '' };
  #span = '';
  #hasMore;
  #list;
  #title = el('summary');
  #ofSpan = el('button', { type: 'button', hidden: true, onclick: () => this.showSpan('') }, 'Logs of all spans');

  /** `answer` is the API's, with the oldest of the trace's records. */
  constructor(trace, answer) {
    this.#trace = trace;
    this.#records = answer.logs.map(readRecord);
    this.#hasMore = Boolean(answer.next);
    this.#list = new LogList({ begin: trace.epoch + trace.begin, withTrace: false });
    const text = el('input', { type: 'search', placeholder: 'Filter logs', 'aria-label': 'Filter logs by text', spellcheck: 'false' });
    text.addEventListener('input', () => this.#set({ text: text.value.trim() }));
    const choice = severityChoice(0, (severity) => this.#set({ severity }));
    this.node = el('details.trace-logs', {}, this.#title, el('div.log-filter', {}, choice, text, this.#ofSpan), this.#list.node);
    this.#draw();
  }

  /** The times of the records of each row. */
  async moments(signal) {
    const { epoch } = this.#trace;
    const rows = new Map();
    for (const [spanId, records] of Map.groupBy(this.#records, ({ spanId }) => spanId)) {
      const row = spanId ? await this.#trace.locate(spanId) : -1;
      if (signal.aborted) return rows;
      if (row >= 0) rows.set(row, records.map(({ time }) => time - epoch));
    }
    return rows;
  }

  /** Shows the records of one span if it has any, else those of all. */
  showSpan(spanId) {
    const has = spanId && this.#records.some((record) => record.spanId === spanId);
    this.#span = has ? spanId : '';
    if (has) this.node.open = true;
    this.#draw();
  }

  #set(change) {
    Object.assign(this.#filter, change);
    this.#draw();
  }

  #draw() {
    const shown = this.#records.filter((record) => passes(record, this.#filter) && (!this.#span || record.spanId === this.#span));
    const all = this.#records.length;
    const count = shown.length === all ? plural(all, 'log record') : `${formatCount(shown.length)} of ${plural(all, 'log record')}`;
    this.#title.textContent = `${count}${this.#hasMore ? ', the first of more' : ''}`;
    this.#ofSpan.hidden = !this.#span;
    this.#list.set(shown);
  }
}
