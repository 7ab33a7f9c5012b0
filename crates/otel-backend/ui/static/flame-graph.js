import { callTree } from './call-tree.js';
import { el, perFrame } from './dom.js';
import { formatDuration, formatShare, plural } from './format.js';
import { inkOf, onThemeChange, paletteNow, rgbOf } from './palette.js';
import { operationOf, serviceOf } from './span-text.js';

const LINE = 22;
const LEAST_WIDTH = 0.5;
const LEAST_LABEL = 28;

/**
 * Shows where the time of a trace was spent, by call path: a node is as wide as its self time and that
 * of all nodes below.
 */
export class FlameGraph {
  #trace;
  #root;
  #focus;
  #cursor = null;
  #boxes = [];
  #levels = 0;
  /** The node of each row. */
  #nodes = [];
  #matched = new Set();

  constructor(trace, signal) {
    this.#trace = trace;
    this.canvas = el('canvas');
    this.space = el('div');
    this.scroller = el('div.flame', {
      tabindex: 0, role: 'application', 'aria-label': 'Flame graph. Arrow keys go through it, Enter zooms, Escape shows all.',
    }, this.canvas, this.space);
    this.status = el('p.flame-status', { role: 'status' });
    this.node = el('div.pane', {}, this.status, this.scroller);
    const draw = perFrame(() => this.draw());
    this.scroller.addEventListener('scroll', draw, { passive: true });
    this.scroller.addEventListener('pointermove', (event) => this.#point(this.#boxAt(event)));
    this.scroller.addEventListener('pointerleave', () => this.#point(null));
    this.scroller.addEventListener('click', (event) => this.#zoom(this.#boxAt(event)));
    this.scroller.addEventListener('keydown', (event) => this.#key(event));
    onThemeChange(draw, signal);
    const observer = new ResizeObserver(draw);
    observer.observe(this.scroller);
    signal.addEventListener('abort', () => observer.disconnect());
  }

  /** Marks the nodes with matches, and moves to that of the current match. */
  mark(matches, current) {
    this.#matched = new Set([...matches].map((row) => this.#nodes[row]));
    if (current >= 0 && this.#nodes[current]) this.#cursor = this.#nodes[current];
    this.draw();
  }

  /** Groups these rows of the trace. */
  set(rows) {
    this.#nodes = [];
    this.#root = callTree(this.#trace, rows, this.#nodes);
    this.#focus = this.#root;
    this.#cursor = null;
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.scroller;
    if (!width || !height || !this.#root) return;
    const ratio = devicePixelRatio;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.style.height = `${height}px`;
    const context = this.canvas.getContext('2d');
    context.scale(ratio, ratio);
    context.font = `12px ${getComputedStyle(this.scroller).fontFamily}`;
    context.textBaseline = 'middle';
    this.#lay(width);
    this.space.style.height = `${Math.max(0, this.#levels * LINE - height)}px`;
    const palette = paletteNow();
    const ground = rgbOf('--ground');
    for (const box of this.#boxes) {
      const y = box.level * LINE - this.scroller.scrollTop;
      if (y > -LINE && y < height) this.#drawBox(context, box, y, palette, ground);
    }
    this.#say();
  }

  /** Lays out the ancestors of the focused node over the whole width, and its descendants below it. */
  #lay(width) {
    this.#boxes = [];
    for (let node = this.#focus; node.parent; node = node.parent) this.#boxes.unshift({ node, x: 0, width, level: node.level });
    const pending = [{ node: this.#focus, x: 0, width }];
    this.#levels = this.#focus.level + 1;
    while (pending.length) {
      const { node, x, width: whole } = pending.pop();
      let left = x;
      for (const child of node.children.values()) {
        const share = node.value > 0 ? (child.value / node.value) * whole : whole / node.children.size;
        if (share >= LEAST_WIDTH) {
          const box = { node: child, x: left, width: share, level: child.level };
          this.#boxes.push(box);
          pending.push(box);
          this.#levels = Math.max(this.#levels, child.level + 1);
        }
        left += share;
      }
    }
  }

  #drawBox(context, { node, x, width }, y, palette, ground) {
    const [red, green, blue] = palette[this.#trace.colours[this.#trace.service[node.row]]];
    const isAncestor = node.level < this.#focus.level;
    const isPale = isAncestor || (this.#matched.size > 0 && !this.#matched.has(node));
    context.fillStyle = `rgb(${red} ${green} ${blue} / ${isPale ? 0.4 : 1})`;
    context.fillRect(x, y, Math.max(width - 1, LEAST_WIDTH), LINE - 1);
    if (node === this.#cursor) {
      context.strokeStyle = inkOf('--text');
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, Math.max(width - 3, 1), LINE - 3);
    }
    if (width < LEAST_LABEL) return;
    const shade = isPale ? ground : [red, green, blue];
    context.fillStyle = luminance(shade) > 0.3 ? '#10141a' : '#ffffff';
    context.save();
    context.beginPath();
    context.rect(x, y, width - 5, LINE);
    context.clip();
    context.fillText(operationOf(this.#trace, node.row).slice(0, 200), x + 6, y + LINE / 2);
    context.restore();
  }

  #say() {
    const node = this.#cursor ?? (this.#focus === this.#root ? null : this.#focus);
    if (!node) {
      this.status.textContent = 'Width = self time of a call path and everything it calls. Click to zoom in.';
      return;
    }
    const share = this.#root.value > 0 ? ` (${formatShare(node.value / this.#root.value)} of trace)` : '';
    this.status.textContent = `${serviceOf(this.#trace, node.row)}: ${operationOf(this.#trace, node.row).slice(0, 200)} · ${plural(node.count, 'span')} · ` +
      `total ${formatDuration(node.value)}${share} · self ${formatDuration(node.self)}`;
  }

  #boxAt(event) {
    const { left, top } = this.scroller.getBoundingClientRect();
    const x = event.clientX - left;
    const level = Math.floor((event.clientY - top + this.scroller.scrollTop) / LINE);
    return this.#boxes.find((box) => box.level === level && x >= box.x && x < box.x + box.width)?.node ?? null;
  }

  #point(node) {
    if (node === this.#cursor) return;
    this.#cursor = node;
    this.draw();
  }

  /** Zooms into a node; for the focused node, or without one, zooms out. */
  #zoom(node) {
    this.#focus = !node || node === this.#focus ? this.#root : node;
    this.draw();
  }

  #key(event) {
    const at = this.#cursor ?? this.#focus;
    const siblings = at.parent ? [...at.parent.children.values()] : [at];
    const place = siblings.indexOf(at);
    const to = {
      ArrowDown: () => this.#point(at.children.values().next().value ?? at),
      ArrowUp: () => this.#point(at.parent?.parent ? at.parent : at),
      ArrowRight: () => this.#point(siblings[place + 1] ?? at),
      ArrowLeft: () => this.#point(siblings[place - 1] ?? at),
      Enter: () => this.#zoom(at),
      Escape: () => this.#zoom(null),
    }[event.key];
    if (!to) return;
    event.preventDefault();
    to();
  }
}



function luminance(colour) {
  const [red, green, blue] = colour.map((part) => (part / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
