import { el } from './dom.js';
import { VirtualList } from './virtual-list.js';

/**
 * A table of any length with columns to sort by. A column is
 * `{ title, width, text(item), by(item), numeric, cell(node, item) }`: `by` is what it sorts by,
 * `cell` may do more to a cell than set its text.
 */
export class SortableTable {
  #columns;
  #items = [];
  #sorted;
  #descending = true;
  #list;
  #titles;

  constructor({ label, columns, sorted, pick, selected = () => false }) {
    this.#columns = columns;
    this.#sorted = sorted;
    this.#titles = columns.map((column, index) => el('button', { type: 'button', onclick: () => this.#sortBy(index) }, column.title));
    const head = el('div.table-head', { role: 'row' }, this.#titles.map((button, index) =>
      el(columns[index].numeric ? 'div.numeric' : 'div', { role: 'columnheader' }, button)));
    this.rows = el('div.rows', { role: 'rowgroup', tabindex: 0 });
    this.node = el('div.table', { role: 'table', 'aria-label': label, '--columns': columns.map(({ width }) => width).join(' ') }, head, this.rows);
    this.rows.addEventListener('click', (event) => {
      const node = event.target.closest('.row');
      if (node) pick?.(node.item);
    });
    this.#list = new VirtualList({
      scroller: this.rows,
      create: () => el('div.row', { role: 'row' }, columns.map((column) => el(column.numeric ? 'span.numeric' : 'span', { role: 'cell' }))),
      render: (node, index) => {
        const item = this.#items[index];
        node.item = item;
        node.classList.toggle('selected', selected(item));
        columns.forEach((column, at) => {
          const cell = node.children[at];
          cell.textContent = column.text(item);
          column.cell?.(cell, item);
        });
      },
    });
  }

  /** Shows these items, an array or a typed array of them. */
  set(items) {
    this.#items = Array.from(items);
    this.#arrange();
  }

  redraw() {
    this.#list.refresh();
  }

  destroy() {
    this.#list.destroy();
  }

  #sortBy(index) {
    this.#descending = this.#sorted === index ? !this.#descending : Boolean(this.#columns[index].numeric);
    this.#sorted = index;
    this.#arrange();
    this.rows.scrollTop = 0;
  }

  #arrange() {
    const { by } = this.#columns[this.#sorted];
    const sign = this.#descending ? -1 : 1;
    const keys = new Map(this.#items.map((item) => [item, by(item)]));
    this.#items.sort((a, b) => sign * compare(keys.get(a), keys.get(b)));
    this.#titles.forEach((button, index) => {
      const order = this.#descending ? 'descending' : 'ascending';
      button.parentNode.setAttribute('aria-sort', index === this.#sorted ? order : 'none');
    });
    this.#list.reset(this.#items.length);
  }
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
