import { el, iconButton } from './dom.js';

let groups = [];

/**
 * Sets the keys of the current page: `[[title, [[keys, does, action]]]]`. An entry without an action
 * is only listed, because the focused part handles it.
 */
export function setShortcuts(newGroups) {
  groups = newGroups;
}

/** Keys typed into a field stay there, except Escape, which leaves it. */
export function startShortcuts() {
  document.getElementById('help').addEventListener('click', showHelp);
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector('dialog[open]')) return;
    if (event.key !== 'Escape' && isTaken(event)) return;
    if (event.key === '?') {
      event.preventDefault();
      showHelp();
      return;
    }
    for (const [, entries] of groups) {
      for (const [keys, , action] of entries) {
        if (!action || !keys.split(' ').includes(event.key)) continue;
        event.preventDefault();
        action(event);
        return;
      }
    }
  });
}

function showHelp() {
  const dialog = el('dialog', { 'aria-label': 'Keyboard shortcuts' },
    el('div.head', {}, el('h2', {}, 'Keyboard'), iconButton('close', 'Close  Esc', () => dialog.close())),
    groups.map(([title, entries]) => [
      el('h3', {}, title),
      el('div.keys', {}, entries.map(([keys, does]) =>
        el('div', {}, el('span', {}, does), el('span', {}, keys.split(' ').map((key) => [el('kbd', {}, nameOf(key)), ' ']))))),
    ]));
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}

const NAMES = { ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', PageUp: 'Page up', PageDown: 'Page down' };

function nameOf(key) {
  return NAMES[key] ?? key;
}

/** Returns true if the target handles the key itself, as a field or a select does. */
function isTaken({ target, key }) {
  const field = target.closest?.('input:not([type=checkbox]), select, textarea');
  if (field?.localName !== 'select') return Boolean(field);
  return key.length > 1 || [...field.options].some(({ text }) => text.toLowerCase().startsWith(key.toLowerCase()));
}
