import { el, iconButton, toast } from './dom.js';
import { formatCount } from './format.js';

/** The field that searches within the trace, and moves from match to match. */
export class Finder {
  text = '';
  #trace;
  #on;
  #rows = new Int32Array(0);
  #at = -1;
  #wanted = 0;

  constructor(trace, on) {
    this.#trace = trace;
    this.#on = on;
    this.input = el('input', { type: 'search', placeholder: 'Find in the trace', 'aria-label': 'Find in the trace', title: 'Find in names, IDs, attributes, events and resources  /', spellcheck: 'false' });
    this.output = el('output', { 'aria-live': 'polite' });
    this.buttons = [
      iconButton('up', 'Previous match  N', () => this.step(-1), { disabled: true }),
      iconButton('down', 'Next match  n', () => this.step(1), { disabled: true }),
    ];
    this.node = el('div.find', { role: 'search' }, this.input, this.output, this.buttons);
    this.input.addEventListener('input', () => this.search(this.input.value));
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.step(event.shiftKey ? -1 : 1);
    });
  }

  get isFocused() {
    return document.activeElement === this.input;
  }

  focus() {
    this.input.select();
    this.input.focus();
  }

  /** Searches for the text and moves to its first match, or stays in place. */
  async search(text, { stay = false } = {}) {
    const wanted = ++this.#wanted;
    this.text = text.trim();
    if (this.input.value.trim() !== this.text) this.input.value = this.text;
    const rows = await this.#find();
    // Ignores an answer to an earlier text.
    if (wanted !== this.#wanted) return;
    this.#rows = rows;
    this.#at = rows.length ? 0 : -1;
    this.#on.searched(this.text);
    this.#report(stay);
  }

  async #find() {
    try {
      if (this.text) return await this.#trace.find(this.text);
    } catch ({ message }) {
      toast(`The trace could not be searched: ${message}`);
    }
    return new Int32Array(0);
  }

  step(by) {
    if (this.#rows.length === 0) return;
    this.#at = (this.#at + by + this.#rows.length) % this.#rows.length;
    this.#report();
  }

  #report(stay = false) {
    const { length } = this.#rows;
    this.output.textContent = this.text ? (length ? `${formatCount(this.#at + 1)} of ${formatCount(length)}` : 'none') : '';
    for (const button of this.buttons) button.disabled = length === 0;
    this.#on.found(this.#rows, length ? this.#rows[this.#at] : -1, stay);
  }
}
