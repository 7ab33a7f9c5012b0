import { el } from './dom.js';
import { keepSetting, setting } from './settings.js';

const STEP = 20;

/**
 * A bar that sets a width with the pointer or the arrow keys, and remembers it for the next visit.
 * `widthAt(x)` is the width for a pointer position, `set(width)` is called with each width, `towards`
 * is 1 if a move to the right makes it larger and -1 if it makes it smaller.
 */
export function splitter({ name, label, least, most, fallback, towards, widthAt, set }) {
  const node = el('button.splitter', {
    type: 'button', role: 'separator', 'aria-orientation': 'vertical', 'aria-label': label, title: `${label} (double-click: as before)`,
    'aria-valuemin': least, 'aria-valuemax': most,
  });
  let width = 0;
  const change = (wanted) => {
    width = Math.round(Math.max(least, Math.min(wanted, most)));
    node.setAttribute('aria-valuenow', width);
    set(width);
  };
  const keep = (wanted) => {
    change(wanted);
    keepSetting(name, width);
  };
  node.addEventListener('pointerdown', (event) => node.setPointerCapture(event.pointerId));
  node.addEventListener('pointermove', (event) => event.buttons && change(widthAt(event.clientX)));
  node.addEventListener('pointerup', () => keepSetting(name, width));
  node.addEventListener('dblclick', () => keep(fallback));
  node.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    keep(width + towards * by);
  });
  change(Number(setting(name, fallback)) || fallback);
  return node;
}
