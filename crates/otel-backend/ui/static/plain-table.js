import { el } from './dom.js';
import { formatCount } from './format.js';

/** The rows that are shown before "show more". */
const FIRST_ROWS = 50;

/**
 * A table with columns to sort by: `{ title, by(row), cell(row), isText, isBad(row) }`. A column without
 * `by` cannot be sorted by. `sorted` is the column of the first order.
 */
export function plainTable(label, rows, columns, sorted) {
  let at = sorted;
  let isDescending = true;
  let shown = FIRST_ROWS;
  const heads = columns.map(({ title, by, isText }, index) => el(isText ? 'th' : 'th.numeric', { scope: 'col' },
    by ? el('button', { type: 'button', onclick: () => sortBy(index) }, title) : title));
  const body = el('tbody');
  const more = el('button', { type: 'button', onclick: () => draw(Infinity) });

  function sortBy(index) {
    isDescending = at === index ? !isDescending : !columns[index].isText;
    at = index;
    draw(shown);
  }

  function draw(most) {
    shown = most;
    const { by } = columns[at];
    const sign = isDescending ? -1 : 1;
    const order = [...rows].sort((a, b) => sign * compare(by(a), by(b)));
    body.replaceChildren(...order.slice(0, shown).map((row) => el('tr', {}, columns.map(({ cell, isText, isBad }) =>
      el('td', { class: [isText ? '' : 'numeric', isBad?.(row) ? 'failed' : ''].join(' ').trim() || null }, cell(row))))));
    heads.forEach((head, index) => columns[index].by && head.setAttribute('aria-sort', index !== at ? 'none' : isDescending ? 'descending' : 'ascending'));
    more.hidden = rows.length <= shown;
    more.textContent = `Show all ${formatCount(rows.length)}`;
  }

  draw(shown);
  return el('div.scrolled', { role: 'group', 'aria-label': label, tabindex: 0 }, el('table', {}, el('thead', {}, el('tr', {}, heads)), body), more);
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
