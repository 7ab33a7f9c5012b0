import { el, perFrame } from './dom.js';
import { dragSpan } from './drag.js';
import { onThemeChange, paletteNow, rgbOf } from './palette.js';
import { ERROR } from './columns.js';

/**
 * A small view of the whole trace, with the visible part marked: drag to zoom or to move, double click
 * to show all.
 */
export class Minimap {
  #trace;
  #range;
  #changed;
  #shades = [el('div.shade'), el('div.shade')];
  #window = el('div.window', {}, el('div.grip', { title: 'Drag to move the visible range  a d' }));
  #handles;

  constructor(trace, range, changed, signal) {
    this.#trace = trace;
    this.#range = range;
    this.#changed = changed;
    this.canvas = el('canvas', { role: 'img', 'aria-label': 'Overview of the trace' });
    this.#handles = [this.#handle('from', 'Start of visible range'), this.#handle('to', 'End of visible range')];
    this.node = el('div.minimap', { title: 'Drag to zoom, double-click for the whole trace' },
      this.canvas, ...this.#shades, this.#window, ...this.#handles);
    this.#listenToGrip();
    dragSpan(this.node, (from, to) => this.#set(this.#at(from), this.#at(to)));
    this.node.addEventListener('dblclick', () => this.#set(range.begin, range.end));
    onThemeChange(() => this.draw(), signal);
    const observer = new ResizeObserver(perFrame(() => this.draw()));
    observer.observe(this.node);
    signal.addEventListener('abort', () => observer.disconnect());
  }

  #at(share) {
    return this.#range.begin + share * (this.#range.end - this.#range.begin);
  }

  #set(from, to) {
    this.#range.set(from, to);
    this.#changed();
  }

  /** The grip above the visible part moves it. */
  #listenToGrip() {
    const grip = this.#window.firstChild;
    grip.addEventListener('pointerdown', (event) => {
      // Must not start a new selection.
      event.stopPropagation();
      grip.setPointerCapture(event.pointerId);
    });
    grip.addEventListener('pointermove', ({ buttons, movementX }) => {
      if (!buttons) return;
      const by = (movementX / this.node.clientWidth) * (this.#range.end - this.#range.begin);
      this.#set(this.#range.from + by, this.#range.to + by);
    });
  }

  /** A handle at an end of the visible part, for pointer and arrow keys. */
  #handle(side, label) {
    const node = el('button.handle', { type: 'button', role: 'slider', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100 });
    const move = (moment) => {
      const { from, to } = this.#range;
      if (side === 'from') this.#set(Math.min(moment, to), to);
      else this.#set(from, Math.max(moment, from));
    };
    node.addEventListener('pointerdown', (event) => node.setPointerCapture(event.pointerId));
    node.addEventListener('pointermove', (event) => {
      if (!event.buttons) return;
      const { left, width } = this.node.getBoundingClientRect();
      move(this.#at(Math.max(0, Math.min(1, (event.clientX - left) / width))));
    });
    node.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
      if (by) move(this.#range[side] + by * (this.#range.end - this.#range.begin));
    });
    return node;
  }

  /** Marks the visible part. */
  mark() {
    const { begin, end, from, to } = this.#range;
    const left = (100 * (from - begin)) / (end - begin);
    const right = (100 * (to - begin)) / (end - begin);
    place(this.#shades[0], 0, left);
    place(this.#shades[1], right, 100);
    place(this.#window, left, right);
    this.#window.classList.toggle('whole', this.#range.isWhole);
    [left, right].forEach((percent, i) => {
      this.#handles[i].style.left = `${percent}%`;
      this.#handles[i].setAttribute('aria-valuenow', Math.round(percent));
    });
  }

  /**
   * Paints each span as a line of pixels. A row of pixels stands for many spans, so shorter ones are
   * painted over longer ones, and errors over all.
   */
  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    const context = this.canvas.getContext('2d');
    const image = context.createImageData(width, height);
    this.#paint(new Uint32Array(image.data.buffer), width, height);
    context.putImageData(image, 0, 0);
    this.mark();
  }

  #paint(pixels, width, height) {
    const { count, start, duration, service, flags } = this.#trace;
    const { begin, end } = this.#range;
    const palette = paletteNow().map(packed);
    const colours = this.#trace.colours.map((index) => palette[index]);
    const error = packed(rgbOf('--error'));
    const scale = width / (end - begin);
    const lines = Math.max(1, Math.min(4, Math.floor(height / count) - 1));
    const lengths = new Int32Array(height * width).fill(0x7fffffff);
    for (let row = 0; row < count; row++) {
      const x = Math.min(width - 1, Math.floor((start[row] - begin) * scale));
      const last = Math.min(width, Math.max(x + 1, Math.ceil((start[row] - begin + duration[row]) * scale)));
      const y = Math.floor((row * height) / count);
      const isError = (flags[row] & ERROR) !== 0;
      const length = isError ? 0 : last - x;
      const colour = isError ? error : colours[service[row]];
      for (let line = y; line < Math.min(y + lines, height); line++) {
        for (let at = line * width + x; at < line * width + last; at++) {
          if (lengths[at] < length) continue;
          lengths[at] = length;
          pixels[at] = colour;
        }
      }
    }
  }
}

const packed = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

function place(node, from, to) {
  node.style.left = `${from}%`;
  node.style.width = `${to - from}%`;
}
