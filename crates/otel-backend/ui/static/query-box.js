import { contextOf, offersAt } from './completion.js';
import { el } from './dom.js';

/** The most completions that are shown. */
const MOST_OFFERS = 12;

/** A query field that completes the typed text, and marks errors at their place. */
export class QueryBox {
  #source;
  #submit;
  #offers = [];
  #active = -1;
  #context = null;

  /** `submit(text)` is called when a query is submitted. */
  constructor(source, submit) {
    this.#source = source;
    this.#submit = submit;
    this.input = el('input', {
      id: 'q', type: 'text', role: 'combobox', 'aria-label': 'TraceQL query', 'aria-autocomplete': 'list', 'aria-expanded': false, 'aria-controls': 'q-offers',
      autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', placeholder: '{ status = error && resource.service.name = "shop" }',
      oninput: () => this.#change(), onkeydown: (event) => this.#key(event), onclick: () => this.#suggest(), onblur: () => this.#close(),
      onscroll: () => this.#follow(),
    });
    this.mirror = el('div.mirror', { 'aria-hidden': 'true' });
    this.list = el('ul.offers', { id: 'q-offers', role: 'listbox', 'aria-label': 'Completions', hidden: true });
    this.list.addEventListener('pointerdown', (event) => this.#choose(event));
    this.problem = el('p.problem', { id: 'q-problem', role: 'alert', hidden: true });
    this.node = el('div.query-box', {}, el('div.typed', {}, this.mirror, this.input, this.list), this.problem);
  }

  show(text) {
    this.input.value = text;
    this.mark(null);
    this.#close();
  }

  /** Shows an error and its place: a column, from 1, or a part of the text that the message repeats. */
  mark(error) {
    this.problem.hidden = !error;
    this.mirror.replaceChildren();
    this.input.removeAttribute('aria-invalid');
    this.input.removeAttribute('aria-describedby');
    if (!error) return;
    this.problem.textContent = `${error.column ? `At character ${error.column}: ` : ''}${error.message}`;
    this.input.setAttribute('aria-invalid', true);
    this.input.setAttribute('aria-describedby', 'q-problem');
    const text = this.input.value;
    const [from, to] = placeOf(error, text);
    if (from < 0) return;
    this.mirror.append(text.slice(0, from), el('mark', {}, text.slice(from, to) || '\u00a0'), text.slice(to));
    this.#follow();
  }

  #change() {
    this.mark(null);
    this.#suggest();
  }

  /** Scrolls the marks with the text. */
  #follow() {
    this.mirror.scrollLeft = this.input.scrollLeft;
  }

  async #suggest() {
    const { value, selectionStart: caret } = this.input;
    const context = contextOf(value, caret);
    const offers = await offersAt(context, this.#source);
    // The answer may belong to an earlier text.
    if (value !== this.input.value || caret !== this.input.selectionStart || document.activeElement !== this.input) return;
    this.#context = context;
    this.#offers = offers.filter(([text]) => text.trim() !== context.word).slice(0, MOST_OFFERS);
    this.#active = -1;
    this.list.replaceChildren(...this.#offers.map(([text, description], at) =>
      el('li', { id: `q-offer-${at}`, role: 'option', 'aria-selected': false }, el('code', {}, text.trim().slice(0, 200)), el('span', {}, description))));
    this.#open(this.#offers.length > 0);
  }

  #open(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute('aria-expanded', isOpen);
    this.input.removeAttribute('aria-activedescendant');
    if (!isOpen) return;
    const { context } = this.#measure();
    const left = context.measureText(this.input.value.slice(0, this.#context.from)).width - this.input.scrollLeft;
    this.list.style.left = `${Math.max(0, Math.min(left, this.input.clientWidth - this.list.offsetWidth))}px`;
  }

  #measure() {
    const context = (this.canvas ??= el('canvas')).getContext('2d');
    context.font = getComputedStyle(this.input).font;
    return { context };
  }

  #close() {
    this.#open(false);
  }

  #key(event) {
    const isOpen = !this.list.hidden;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && isOpen) this.#moveTo(this.#active + by);
    else if (by) this.#suggest();
    else if (event.key === ' ' && event.ctrlKey) this.#suggest();
    else if (isOpen && (event.key === 'Tab' || event.key === 'Enter') && this.#active >= 0) this.#take(this.#active);
    else if (event.key === 'Enter') this.#ask();
    else if (event.key === 'Escape' && isOpen) this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #ask() {
    this.#close();
    this.#submit(this.input.value.trim());
  }

  #moveTo(index) {
    const count = this.#offers.length;
    this.#active = (index + count) % count;
    for (const [at, item] of [...this.list.children].entries()) item.setAttribute('aria-selected', at === this.#active);
    this.list.children[this.#active].scrollIntoView({ block: 'nearest' });
    this.input.setAttribute('aria-activedescendant', `q-offer-${this.#active}`);
  }

  #choose(event) {
    const item = event.target.closest('li');
    event.preventDefault();
    if (item) this.#take([...this.list.children].indexOf(item));
  }

  /** Replaces the typed part by a completion, and offers the next ones. */
  #take(index) {
    const [text] = this.#offers[index];
    const { from, word } = this.#context;
    const { value } = this.input;
    const rest = value.slice(from + word.length);
    this.input.setRangeText(rest.startsWith(' ') ? text.trimEnd() : text, from, from + word.length, 'end');
    if (rest.startsWith(' ')) this.input.setSelectionRange(from + text.trimEnd().length + 1, from + text.trimEnd().length + 1);
    this.mark(null);
    this.#suggest();
  }
}

/** The range of an error in a text, `[from, to]`; `[-1, -1]` if unknown. */
export function placeOf({ column, message }, text) {
  if (column) {
    const from = [...text].slice(0, column - 1).join('').length;
    return [from, from + (/^[\w.:"-]+|^\S+/.exec(text.slice(from))?.[0].length ?? 0)];
  }
  // A semantic error repeats the faulty part at its end, with other spaces and quotes.
  const squeezed = (part) => part.replace(/\s+/g, '').replaceAll('`', '"');
  const repeated = squeezed(/: (.+)$/s.exec(message)?.[1] ?? '') || squeezed(/^(.+) is not valid/.exec(message)?.[1] ?? '');
  const places = [...text.matchAll(/\S/g)].map(({ index }) => index);
  const at = repeated ? squeezed(text).indexOf(repeated) : -1;
  return at < 0 ? [-1, -1] : [places[at], places[at + repeated.length - 1] + 1];
}
