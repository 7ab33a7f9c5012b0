import { el, perFrame } from './dom.js';

/** Rows kept ready above and below the visible ones. */
const SPARE = 4;
/** The greatest height; beyond it browsers lose precision, and some clip. */
const MAX_HEIGHT = 16_000_000;
/** The most rows that are printed. */
const MAX_PRINTED = 3000;
/** In a low window the list itself may be partly out of view. */
const NEAREST = { block: 'nearest', inline: 'nearest' };

/**
 * A list of any length of which only the visible rows exist.
 *
 * The rows stay in document order while they are reused, so that reading the page aloud follows the
 * picture. `create()` makes an empty row; `render(node, index)` fills it; `measure`, if given, is
 * called with the visible rows and returns true if all must be rendered again. `active()`, if given,
 * is the index of the keyboard's row, which the scroller announces to screen readers. The rows are
 * in `rows` within the scroller, below `head`, which stays while they scroll.
 */
export class VirtualList {
  count = 0;
  #live = new Map();
  /** The number of rows that exist whether visible or not, for printing; 0 for the visible ones only. */
  #whole = 0;
  #destroyed = new AbortController();
  #space;
  #height = 0;

  constructor({ scroller, create, render, measure = () => false, active = () => -1, head = null, rows = scroller }) {
    this.scroller = scroller;
    this.active = active;
    this.head = head;
    this.create = create;
    this.render = render;
    this.measure = measure;
    this.#space = el('div.space', { role: 'presentation' });
    rows.append(this.#space);
    scroller.addEventListener('scroll', perFrame(() => this.update()), { passive: true });
    this.observer = new ResizeObserver(perFrame(() => this.resized()));
    this.observer.observe(scroller);
    const { signal } = this.#destroyed;
    addEventListener('beforeprint', () => this.#print(MAX_PRINTED), { signal });
    addEventListener('afterprint', () => this.#print(0), { signal });
  }

  #print(most) {
    this.#whole = most;
    if (this.scroller.isConnected) this.refresh();
  }

  get rowHeight() {
    return this.#height;
  }

  /** The height in which rows are visible. */
  get room() {
    return this.scroller.clientHeight - (this.head?.offsetHeight ?? 0);
  }

  /** Shows so many rows, and renders all of them again; if `center` is one of them, in the middle unless it is in view. */
  reset(count, center = -1) {
    this.count = count;
    this.#height = parseFloat(getComputedStyle(this.scroller).getPropertyValue('--row')) || 28;
    this.#space.style.height = `${Math.min(count * this.#height, MAX_HEIGHT)}px`;
    if (center >= 0) this.#bring(center, true);
    this.refresh();
    this.#live.get(center)?.scrollIntoView(NEAREST);
  }

  /** Renders the visible rows again. */
  refresh() {
    this.update(true);
  }

  resized() {
    const height = parseFloat(getComputedStyle(this.scroller).getPropertyValue('--row')) || 28;
    if (height === this.#height) this.update();
    else this.reset(this.count);
  }

  /** The visible rows: [first, last). */
  window() {
    if (this.#whole) return { first: 0, last: Math.min(this.count, this.#whole) };
    const top = this.#top();
    const first = Math.max(0, Math.floor(top / this.#height));
    return { first, last: Math.min(this.count, Math.ceil((top + this.room) / this.#height)) };
  }

  /** Scrolls as little as possible to make the row visible; with `center`, into the middle. */
  reveal(index, center = false) {
    if (this.#bring(index, center)) this.update();
    this.#live.get(index)?.scrollIntoView(NEAREST);
  }

  /** Scrolls to a row that is not in view; returns true if it was not. */
  #bring(index, center) {
    const { room } = this;
    const top = this.#top();
    const at = index * this.#height;
    if (at >= top && at + this.#height <= top + room) return false;
    const above = at < top ? at : at + this.#height - room;
    this.#scrollTo(center ? at - (room - this.#height) / 2 : above);
    return true;
  }

  update(all = false) {
    const view = this.window();
    if (this.measure(view.first, view.last)) all = true;
    const first = Math.max(0, view.first - SPARE);
    const last = Math.min(this.count, view.last + SPARE);
    const free = [];
    for (const [index, node] of this.#live) {
      if (index >= first && index < last) continue;
      free.push(node);
      this.#live.delete(index);
    }
    const shift = this.#shift();
    let next = null;
    for (let index = last - 1; index >= first; index--) {
      let node = this.#live.get(index);
      if (!node || all) {
        node ??= free.pop() ?? this.create();
        this.render(node, index);
        this.#live.set(index, node);
      }
      node.style.transform = `translateY(${index * this.#height - shift}px)`;
      if (node.nextSibling !== next || !node.parentNode) this.#space.insertBefore(node, next);
      next = node;
    }
    for (const node of free) node.remove();
    this.#tellActive();
  }

  /** A row that is not visible cannot be announced. */
  #tellActive() {
    const node = this.#live.get(this.active());
    if (node) this.scroller.setAttribute('aria-activedescendant', node.id);
    else this.scroller.removeAttribute('aria-activedescendant');
  }

  /** The node of a row, if it is visible. */
  node(index) {
    return this.#live.get(index);
  }

  destroy() {
    this.observer.disconnect();
    this.#destroyed.abort();
  }

  /** The scroll position; in proportion for a list that is too high to scroll. */
  #top() {
    return this.scroller.scrollTop + this.#shift();
  }

  #shift() {
    const excess = this.count * this.#height - MAX_HEIGHT;
    return excess <= 0 ? 0 : (this.scroller.scrollTop / (MAX_HEIGHT - this.room)) * excess;
  }

  #scrollTo(top) {
    const { room } = this;
    const excess = this.count * this.#height - MAX_HEIGHT;
    const scale = excess <= 0 ? 1 : (MAX_HEIGHT - room) / (this.count * this.#height - room);
    this.scroller.scrollTop = top * scale;
  }
}
