import { el } from './dom.js';
import { formatCount, plural } from './format.js';
import { operationOf } from './span-text.js';
import { TimeRange } from './time-range.js';
import { VisibleRows } from './visible-rows.js';
import { Waterfall } from './waterfall.js';

/**
 * The first spans of a trace that is still on its way, laid out as the whole will be. Nothing can
 * be done with it yet: what is missing is all that a click would ask for.
 */
export class Preview {
  #waterfall;
  #row;

  /** `row` is the one to show, if not the first; -1 for none. */
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

  /** To be called when the node is on the page. */
  draw() {
    this.#waterfall.selected = this.#row;
    this.#waterfall.refresh();
    this.#waterfall.moveTo(this.#row, true);
  }

  /** How many spans have come, and how many will, if that is known. */
  say(spans, of) {
    this.status.textContent = `Opening the trace… ${of ? `${formatCount(spans)} of ${plural(of, 'span')}` : `${plural(spans, 'span')} so far`}`;
  }

  destroy() {
    this.#waterfall.destroy();
  }
}
