import { el } from './dom.js';
import { VirtualList } from './virtual-list.js';

/**
 * A table of any length with columns to sort by. A column is
 * `{ title, width, text(item), by(item), numeric, cell(node, item) }`: `by` is what it sorts by,
 * `cell` may do more to a cell than set its text. `menu(item, node)`, if given, is what a button at the
 * end of each row opens below itself, or the key m.
 */
export class SortableTable {
  #columns;
  #items = [];
  #sorted;
  #descending;
  #list;
  #titles;
  #pick;
  #menu;
  /** The position of the keyboard. */
  #cursor = 0;

  constructor({ label, columns: own, sorted, descending = true, pick, menu, selected = () => false, matched = () => false }) {
    const columns = menu ? [...own, menuColumn(menu)] : own;
    this.#descending = descending;
    this.#columns = columns;
    this.#sorted = sorted;
    this.#pick = pick;
    this.#menu = menu;
    this.#titles = columns.map(({ title, by }, index) => (by ? el('button', { type: 'button', onclick: () => this.#sortBy(index) }, title) : el('span.unseen', {}, title)));
    const prefix = `${label.toLowerCase()}-row-`;
    const head = el('div.table-head', { role: 'row' }, this.#titles.map((button, index) =>
      el(columns[index].numeric ? 'div.numeric' : 'div', { role: 'columnheader' }, button)));
    this.rows = el('div.rows', { role: 'rowgroup' });
    this.node = el('div.table', { role: 'grid', tabindex: 0, 'aria-label': label, '--columns': columns.map(({ width }) => width).join(' '), '--least': `${leastWidth(columns)}px` }, head, this.rows);
    this.rows.addEventListener('click', (event) => {
      const node = event.target.closest('.row');
      if (!node || event.target.closest('button')) return;
      this.#moveTo(node.index);
      pick?.(node.item);
    });
    this.node.addEventListener('keydown', (event) => this.#key(event));
    this.#list = new VirtualList({
      scroller: this.node,
      head,
      rows: this.rows,
      active: () => this.#cursor,
      create: () => el('div.row', { role: 'row' }, columns.map((column) => el(column.numeric ? 'span.numeric' : 'span', { role: 'gridcell' }))),
      render: (node, index) => {
        const item = this.#items[index];
        node.item = item;
        node.index = index;
        node.id = `${prefix}${index}`;
        node.setAttribute('aria-rowindex', index + 2);
        node.classList.toggle('cursor', index === this.#cursor);
        node.classList.toggle('selected', selected(item));
        node.classList.toggle('matched', matched(item));
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

  /** Moves the cursor through the rows; Enter selects. */
  #key(event) {
    const isHere = event.target === this.node;
    // A menu that was closed leaves the focus on its button.
    if (event.ctrlKey || event.metaKey || event.altKey || !(isHere || event.target.matches('.more'))) return;
    const page = Math.max(1, Math.floor(this.#list.room / this.#list.rowHeight) - 1);
    const to = {
      ArrowDown: this.#cursor + 1, j: this.#cursor + 1, ArrowUp: this.#cursor - 1, k: this.#cursor - 1,
      PageDown: this.#cursor + page, PageUp: this.#cursor - page, Home: 0, End: this.#items.length - 1,
    }[event.key];
    if (to !== undefined) this.#moveTo(to);
    else if (event.key === 'Enter' && isHere && this.#items.length) this.#pick?.(this.#items[this.#cursor]);
    else if (event.key === 'm' && this.#menu && this.#items.length) this.#menu(this.#items[this.#cursor], this.#list.node(this.#cursor)?.querySelector('.more') ?? this.node);
    else return;
    event.preventDefault();
  }

  #moveTo(index) {
    this.#cursor = Math.max(0, Math.min(index, this.#items.length - 1));
    this.#list.reveal(this.#cursor);
    this.#list.refresh();
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
    this.#cursor = 0;
    this.#arrange();
    this.node.scrollTop = 0;
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
    this.node.setAttribute('aria-rowcount', this.#items.length + 1);
    this.#cursor = Math.min(this.#cursor, Math.max(0, this.#items.length - 1));
    this.#list.reset(this.#items.length);
  }
}

/** A button that is not in the way of Tab: the table has the focus, and a key for it. */
function menuColumn(menu) {
  const open = ({ currentTarget }) => menu(currentTarget.closest('.row').item, currentTarget);
  return {
    title: 'Menu', width: '32px', text: () => '',
    cell: (node) => node.append(el('button.more', { type: 'button', tabindex: -1, 'aria-label': 'Menu', title: 'Menu  m', 'aria-haspopup': 'menu', onclick: open }, '⋯')),
  };
}

/** The minimum width of the columns, with the gaps between them and the margins of the table. */
function leastWidth(columns) {
  const widths = columns.map(({ width }) => Number(/\d+/.exec(width)[0]));
  return widths.reduce((sum, width) => sum + width, 12 * (columns.length - 1) + 32);
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
