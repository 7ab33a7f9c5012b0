import { el } from './dom.js';
import { bareName, labelOf } from './traceql-tokens.js';

/** The cells of a row for fields of spans. */
export const columnCells = (columns) => columns.map((field) => el('span.field-value', { 'data-field': field }));

/** The space that a list needs beside such columns. */
const OTHERS_PIXELS = 680;

/** The widths of these cells, for the grid of a list and its header, and the least width of both. */
export const columnStyle = ({ length }) => (length ? { '--fields': `repeat(${length}, minmax(80px, 160px))`, '--least': `${OTHERS_PIXELS + 100 * length}px` } : {});

export function fillColumns(cells, columns, span) {
  for (const [at, cell] of cells.entries()) {
    cell.textContent = (span?.fields[labelOf(columns[at])] ?? span?.values[bareName(columns[at])]?.value ?? '').slice(0, 300);
    cell.title = cell.textContent;
  }
}

/** Chips that remove a column, and a field that adds one. */
export class ColumnChooser {
  #source;
  #change;

  /** `change(columns)` is called when the columns change. */
  constructor(source, columns, change) {
    this.#source = source;
    this.#change = change;
    this.input = el('input.add-column', {
      list: 'column-list', placeholder: 'Add column…', 'aria-label': 'Add column', spellcheck: 'false', autocomplete: 'off', onfocus: () => this.#offer(), onchange: () => this.#add(columns),
    });
    this.offers = el('datalist', { id: 'column-list' });
    this.node = el('div.shown-columns', { role: 'group', 'aria-label': 'Columns' },
      columns.map((field) => el('button.column-chip', { type: 'button', 'aria-label': `Remove column ${field}`, onclick: () => change(columns.filter((name) => name !== field)) }, `${field} ×`)),
      this.input, this.offers);
  }

  async #offer() {
    this.offers.replaceChildren(...(await this.#source.fields()).map(([field, scope]) => el('option', { value: field }, scope)));
  }

  #add(columns) {
    const field = this.input.value.trim();
    if (field && !columns.includes(field)) this.#change([...columns, field]);
  }
}
