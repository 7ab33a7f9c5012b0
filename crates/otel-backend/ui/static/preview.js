import { el } from './dom.js';
import { formatCount, plural } from './format.js';
import { operationOf } from './span-text.js';
import { TimeRange } from './time-range.js';
import { VisibleRows } from './visible-rows.js';
import { Waterfall } from './waterfall.js';

/**
 * The first spans of a trace that is still loading, in the layout of the whole trace. It has no
 * interaction, since the data for that is still missing.
 */
export class Preview {
  #waterfall;
  #row;

  /** `row` is the row to show, if not the first; -1 for none. */
  constructor(view, row) {
    this.#row = row;
    const trace = { ...view, colours: view.services.map(() => 0) };
    this.#waterfall = new Waterfall(trace, new VisibleRows(trace), new TimeRange(trace.begin, trace.end), {});
    this.status = el('p.facts', { role: 'status' });
    this.node = el('div.trace.preview', { 'aria-busy': true },
      el('div.title', {}, el('h1', {}, el('span.operation', {}, operationOf(trace, trace.root)))),
      this.status,
      el('div.tabs'),
      el('div.overview', {}, el('div.legend'), el('div.minimap')),
      el('div.body', { inert: true }, el('div.main', {}, this.#waterfall.node)));
  }

  /** Must be called when the node is on the page. */
  draw() {
    this.#waterfall.selected = this.#row;
    this.#waterfall.cursor = this.#row;
    this.#waterfall.refresh(this.#row);
  }

  /** Shows the number of spans so far, and the expected number, if known. */
  say(spans, of) {
    this.status.textContent = `Opening the trace… ${of ? `${formatCount(spans)} of ${plural(of, 'span')}` : `${plural(spans, 'span')} so far`}`;
  }

  destroy() {
    this.#waterfall.destroy();
  }
}
