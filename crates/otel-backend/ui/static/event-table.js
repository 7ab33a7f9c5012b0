import { el } from './dom.js';
import { formatDuration } from './format.js';
import { cssColour } from './palette.js';
import { SortableTable } from './sortable-table.js';
import { mark } from './span-table.js';
import { operationOf, serviceOf } from './span-text.js';

/** All events of a trace, ordered by time. Their contents are loaded when they are shown. */
export class EventTable {
  #trace;
  #table;
  #texts = new Map();
  #wanted = new Set();

  constructor(trace, pick) {
    this.#trace = trace;
    const { begin, eventTime, colours, service } = trace;
    this.#table = new SortableTable({
      label: 'Events',
      sorted: 0,
      descending: false,
      pick: ({ row }) => pick(row),
      columns: [
        { title: 'Time', width: '110px', numeric: true, text: ({ event }) => `+${formatDuration(eventTime[event] - begin)}`, by: ({ event }) => eventTime[event] },
        { title: 'Event', width: 'minmax(260px, 3fr)', text: (item) => this.#text(item), by: (item) => this.#texts.get(item.event) ?? '', cell: (cell) => (cell.title = cell.textContent) },
        { title: 'Service', width: 'minmax(90px, 1fr)', text: ({ row }) => serviceOf(trace, row), by: ({ row }) => serviceOf(trace, row), cell: (cell, { row }) => mark(cell, cssColour(colours[service[row]])) },
        { title: 'Span', width: 'minmax(120px, 1fr)', text: ({ row }) => operationOf(trace, row).slice(0, 300), by: ({ row }) => operationOf(trace, row) },
      ],
    });
    this.none = el('p.option', { hidden: true }, 'No span has an event.');
    this.node = el('div.pane', {}, this.none, this.#table.node);
  }

  /** Shows the events of these rows. */
  set(rows) {
    const { eventsFrom } = this.#trace;
    const events = [];
    for (const row of rows) for (let event = eventsFrom[row]; event < eventsFrom[row + 1]; event++) events.push({ row, event, index: event - eventsFrom[row] });
    this.none.hidden = events.length > 0;
    this.#table.set(events);
  }

  redraw() {
    this.#table.redraw();
  }

  destroy() {
    this.#table.destroy();
  }

  #text({ row, event }) {
    if (!this.#texts.has(event)) this.#ask(row);
    return this.#texts.get(event) ?? '';
  }

  async #ask(row) {
    if (this.#wanted.has(row)) return;
    this.#wanted.add(row);
    const texts = await this.#trace.eventTexts(row).catch(() => null);
    // It is asked for again when it is drawn again.
    if (!texts) return this.#wanted.delete(row);
    texts.forEach((text, index) => this.#texts.set(this.#trace.eventsFrom[row] + index, text));
    this.#table.redraw();
  }
}
