import { svg } from './svg.js';

const LEAST_SCALE = 0.15;
const MOST_SCALE = 3;
/** The largest scale at which a small picture is shown. */
const FIT_SCALE = 1.2;
/** The smallest initial scale. */
const READABLE_SCALE = 0.6;

/** A drawing in a frame of any size: fitted, moved by dragging, zoomed by wheel, buttons and keys. */
export class Camera {
  #width = 1;
  #height = 1;
  #scale = 1;
  /** The point of the drawing in the middle of the frame. */
  #x = 0;
  #y = 0;
  #isFitted = true;

  constructor(label, signal) {
    this.node = svg('svg', { class: 'drawing', role: 'group', 'aria-label': label, tabindex: 0 });
    this.node.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    this.node.addEventListener('pointerdown', (event) => this.#grab(event));
    this.node.addEventListener('keydown', (event) => this.#key(event));
    const observer = new ResizeObserver(() => (this.#isFitted ? this.#open() : this.#apply()));
    observer.observe(this.node);
    signal.addEventListener('abort', () => observer.disconnect());
  }

  /** Shows a drawing of that size. */
  set(children, width, height) {
    this.node.replaceChildren(...children);
    this.node.style.setProperty('--height', `${height}px`);
    [this.#width, this.#height] = [width, height];
    if (this.#isFitted) this.#open();
    else this.#apply();
  }

  /** Shows all of it or, if that would be too small to read, its left end. */
  #open() {
    this.fit();
    if (this.#scale >= READABLE_SCALE) return;
    this.#scale = READABLE_SCALE;
    this.#x = this.node.clientWidth / 2 / this.#scale;
    this.#apply();
  }

  /** Shows all of it, as large as possible. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this.node;
    this.#isFitted = true;
    this.#scale = Math.max(LEAST_SCALE, Math.min(FIT_SCALE, width / this.#width, height / this.#height));
    [this.#x, this.#y] = [this.#width / 2, this.#height / 2];
    this.#apply();
  }

  zoom(factor) {
    this.#isFitted = false;
    this.#scale = Math.max(LEAST_SCALE, Math.min(MOST_SCALE, this.#scale * factor));
    this.#apply();
  }

  /** Moves a point of the drawing into the middle, at a readable size. */
  goTo(x, y) {
    this.#isFitted = false;
    this.#scale = Math.max(this.#scale, 0.8);
    [this.#x, this.#y] = [x, y];
    this.#apply();
  }

  #apply() {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!width || !height) return;
    const [w, h] = [width / this.#scale, height / this.#scale];
    this.node.setAttribute('viewBox', `${this.#x - w / 2} ${this.#y - h / 2} ${w} ${h}`);
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(event.deltaY > 0 ? 0.85 : 1.18);
  }

  /** Follows the pointer; a click without movement is left to the clicked element. */
  #grab({ pointerId, button, clientX, clientY }) {
    if (button !== 0) return;
    const [x, y] = [this.#x, this.#y];
    const leaving = new AbortController();
    const move = (event) => {
      if (event.pointerId !== pointerId) return;
      if (Math.hypot(event.clientX - clientX, event.clientY - clientY) > 4) this.node.setPointerCapture(pointerId);
      if (!this.node.hasPointerCapture(pointerId)) return;
      this.#isFitted = false;
      this.#x = x - (event.clientX - clientX) / this.#scale;
      this.#y = y - (event.clientY - clientY) / this.#scale;
      this.#apply();
    };
    this.node.addEventListener('pointermove', move, { signal: leaving.signal });
    for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => leaving.abort(), { signal: leaving.signal });
  }

  #key(event) {
    const step = 60 / this.#scale;
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (event.target !== this.node) return;
    if (move) this.goTo(this.#x + move[0], this.#y + move[1]);
    else if (event.key === '+' || event.key === '-') this.zoom(event.key === '+' ? 1.25 : 0.8);
    else if (event.key === '0') this.fit();
    else return;
    event.preventDefault();
  }
}
