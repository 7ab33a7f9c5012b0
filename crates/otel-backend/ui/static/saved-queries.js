import { el, iconButton } from './dom.js';
import { keepSetting, setting } from './settings.js';

const MOST_RECENT = 12;

const recent = () => setting('queries.recent', []);
const named = () => setting('queries.named', []);

/** Puts a query at the front of the recent queries. */
export function keepRecent(q) {
  if (q === '{}') return;
  keepSetting('queries.recent', [q, ...recent().filter((other) => other !== q)].slice(0, MOST_RECENT));
}

/** A dialog with the saved and the recent queries; `pick(q)` runs one again. */
export function showQueries(q, pick) {
  const name = el('input', { 'aria-label': 'Name of this query', placeholder: 'Name of this query', required: true, autofocus: true, maxlength: 80 });
  const lists = el('div');
  const draw = () => lists.replaceChildren(...listOf('Named', named(), (entry) => forget(entry, draw)), ...listOf('Recent', recent().map((query) => ({ q: query })), null));
  const listOf = (title, entries, remove) => entries.length === 0 ? [] : [el('h3', {}, title), el('ul.queries', {}, entries.map((entry) => el('li', {},
    el('button.query-name', { type: 'button', title: entry.q, onclick: () => (dialog.close(), pick(entry.q)) }, entry.name && el('strong', {}, entry.name), el('code', {}, entry.q.slice(0, 300))),
    remove && iconButton('close', `Remove ${entry.name}`, () => remove(entry)))))];
  const dialog = el('dialog', { 'aria-label': 'Queries' },
    el('div.head', {}, el('h2', {}, 'Queries'), iconButton('close', 'Close  Esc', () => dialog.close())),
    el('form.name-query', { onsubmit: (event) => (event.preventDefault(), keep(name.value.trim(), q), name.value = '', draw()) }, name, el('button', { type: 'submit' }, 'Save')),
    el('p.note', {}, el('code', {}, q.slice(0, 300))),
    lists);
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  draw();
  document.body.append(dialog);
  dialog.showModal();
}

function keep(name, q) {
  if (name) keepSetting('queries.named', [{ name, q }, ...named().filter((entry) => entry.name !== name)]);
}

function forget({ name }, done) {
  keepSetting('queries.named', named().filter((entry) => entry.name !== name));
  done();
}
