import { CRITICAL, ERROR } from './columns.js';
import { el } from './dom.js';
import { formatCount } from './format.js';
import { cssColour } from './palette.js';

/** What of a trace is shown: errors only, the critical path only, some services only. */
export class SpanFilter {
  #trace;
  #changed;
  #flags = 0;
  #services = new Set();
  #buttons;

  constructor(trace, changed) {
    this.#trace = trace;
    this.#changed = changed;
    this.#buttons = [
      [ERROR, this.#button(ERROR, 'Errors', 'Only spans with errors  e')],
      [CRITICAL, this.#button(CRITICAL, 'Critical path', 'Only spans on the critical path  c')],
    ];
    this.node = el('div.filters', { role: 'group', 'aria-label': 'Filters' }, this.#buttons.map(([, button]) => button));
    this.legend = el('div.legend', { role: 'group', 'aria-label': 'Services' },
      trace.services.map((service, index) => this.#service(service, index)));
  }

  get isOn() {
    return this.#flags !== 0 || this.#services.size > 0;
  }

  /** What can be kept and given to `restore`. */
  get state() {
    return { flags: this.#flags, services: [...this.#services].map((index) => this.#trace.services[index].name) };
  }

  restore({ flags, services }) {
    this.#flags = flags;
    this.#services = new Set(this.#trace.services.flatMap(({ name }, index) => (services.includes(name) ? [index] : [])));
    this.#show();
  }

  passes(row) {
    const { flags, service } = this.#trace;
    return (flags[row] & this.#flags) === this.#flags && (this.#services.size === 0 || this.#services.has(service[row]));
  }

  toggle(flag) {
    this.#flags ^= flag;
    this.#show();
  }

  clear() {
    this.#flags = 0;
    this.#services.clear();
    this.#show();
  }

  #show() {
    for (const [flag, button] of this.#buttons) button.setAttribute('aria-pressed', (this.#flags & flag) !== 0);
    [...this.legend.children].forEach((button, index) => button.setAttribute('aria-pressed', this.#services.has(index)));
    this.#changed();
  }

  #button(flag, title, hint) {
    const count = this.#trace.flags.reduce((sum, flags) => sum + (flags & flag ? 1 : 0), 0);
    return el('button', {
      type: 'button', 'aria-pressed': false, title: hint, disabled: count === 0, onclick: () => this.toggle(flag),
    }, `${title} `, el('span.count', {}, formatCount(count)));
  }

  #service({ name, spans }, index) {
    const toggle = () => {
      if (!this.#services.delete(index)) this.#services.add(index);
      this.#show();
    };
    return el('button', { type: 'button', 'aria-pressed': false, title: `Only ${name}`, onclick: toggle },
      el('i.dot', { '--c': cssColour(this.#trace.colours[index]) }),
      el('span.label', {}, name || '(no service)'),
      el('span.count', {}, formatCount(spans)));
  }
}
