import { el } from './dom.js';

let open = null;

/** Opens a menu below a node: `items` are `[title, action]`, or `[title, address]` for a link. */
export function popUp(anchor, items) {
  close();
  const menu = el('div.popup', { role: 'menu' }, items.map(([title, action]) => (typeof action === 'string'
    ? el('a', { href: action, role: 'menuitem', tabindex: -1, onclick: close }, title)
    : el('button', { type: 'button', role: 'menuitem', tabindex: -1, onclick: () => (close(), action()) }, title))));
  menu.addEventListener('keydown', (event) => move(menu, event));
  menu.addEventListener('focusout', ({ relatedTarget }) => relatedTarget && !menu.contains(relatedTarget) && close());
  // Screen readers look for it in the part of the page to which its button belongs.
  (anchor.closest('main, header') ?? document.body).append(menu);
  place(menu, anchor.getBoundingClientRect());
  open = { menu, anchor };
  anchor.setAttribute('aria-expanded', true);
  menu.firstChild.focus();
  addEventListener('pointerdown', outside, true);
}

function close() {
  if (!open) return;
  const { menu, anchor } = open;
  open = null;
  removeEventListener('pointerdown', outside, true);
  anchor.setAttribute('aria-expanded', false);
  if (menu.contains(document.activeElement)) anchor.focus();
  menu.remove();
}

function outside({ target }) {
  if (!open?.menu.contains(target)) close();
}

function move(menu, event) {
  const items = [...menu.children];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) items[(to + items.length) % items.length].focus();
  else if (event.key === 'Escape' || event.key === 'Tab') close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Places it below the anchor, or above it if there is no room. */
function place(menu, { left, top, bottom }) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  menu.style.top = `${bottom + height + 8 < innerHeight ? bottom + 2 : Math.max(8, top - height - 2)}px`;
}
