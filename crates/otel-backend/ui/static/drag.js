import { el } from './dom.js';

/** A shorter drag counts as a click. */
const LEAST_PIXELS = 4;

/** Lets a stretch be marked across a node: `marked(from, to)`, as shares of its width. A click is `clicked(share)`. */
export function dragSpan(node, marked, clicked = () => {}) {
  const band = el('div.band', { hidden: true });
  let start = 0;
  const shareAt = (event) => {
    const { left, width } = node.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - left) / width));
  };
  node.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.target.closest('button')) return;
    start = shareAt(event);
    node.setPointerCapture(event.pointerId);
    node.append(band);
  });
  node.addEventListener('pointermove', (event) => {
    if (!node.hasPointerCapture(event.pointerId) || band.parentNode !== node) return;
    const [from, to] = [start, shareAt(event)].sort((a, b) => a - b);
    band.hidden = false;
    band.style.left = `${100 * from}%`;
    band.style.width = `${100 * (to - from)}%`;
  });
  const finish = (event) => {
    if (band.parentNode !== node) return;
    band.remove();
    band.hidden = true;
    const [from, to] = [start, shareAt(event)].sort((a, b) => a - b);
    if (event.type !== 'pointerup') return;
    if ((to - from) * node.clientWidth >= LEAST_PIXELS) marked(from, to);
    else clicked(to);
  };
  node.addEventListener('pointerup', finish);
  node.addEventListener('pointercancel', finish);
}
