import { CRITICAL, ERROR } from './columns.js';
import { el, iconButton, toast } from './dom.js';
import { formatCount, named, readDuration } from './format.js';
import { cssColour } from './palette.js';
import { operationOf, serviceOf } from './span-text.js';

/** Names of the filters in the address. */
const FLAGS = [['errors', ERROR], ['critical', CRITICAL]];

/**
 * Filters the spans of a trace: errors only, the critical path only, some services only, a range of
 * durations, spans with or without an attribute, spans of one operation.
 */
export class SpanFilter {
  #trace;
  #changed;
  #flags = 0;
  #services = new Set();
  /** The shortest duration in microseconds. */
  #least = 0;
  /** `{ key, value, isExcluded, rows }`, with the rows that have the attribute. */
  #attributes = [];
  /** `{ service, operation }` by name, or `null`. */
  #operation = null;
  #buttons;

  /** Calls `changed` after each change, and `nextError` to move to the next error. */
  constructor(trace, changed, nextError) {
    this.#trace = trace;
    this.#changed = changed;
    this.#buttons = [
      [ERROR, this.#button(ERROR, 'Errors', 'Only spans with errors  e')],
      [CRITICAL, this.#button(CRITICAL, 'Critical path', 'Only the critical path (the black line below bars): where the trace waited for that span and no other  c')],
    ];
    this.next = iconButton('down', 'Next error  E', nextError, { disabled: trace.errors === 0 });
    this.least = el('input.least', { placeholder: 'Min duration', 'aria-label': 'Min duration', title: 'Only spans that take at least so long: 10ms, 1.2s', spellcheck: 'false', onchange: () => this.#readLeast() });
    this.node = el('div.filters', { role: 'group', 'aria-label': 'Filters' }, this.#buttons[0][1], this.next, this.#buttons[1][1], this.least);
    this.legend = el('div.legend', { role: 'group', 'aria-label': 'Services' },
      trace.services.map((service, index) => this.#service(service, index)));
    this.conditions = el('div.conditions', { hidden: true, role: 'group', 'aria-label': 'Attribute filters' });
  }

  get isOn() {
    return this.#flags !== 0 || this.#services.size > 0 || this.#least > 0 || this.#attributes.length > 0 || this.#operation !== null;
  }

  /** The filter as parameters of the address, each name with a list of values. */
  get parameters() {
    const attributes = (isExcluded) => this.#attributes.filter((one) => one.isExcluded === isExcluded).map(({ key, value }) => `${key}=${value}`);
    return {
      only: FLAGS.filter(([, flag]) => this.#flags & flag).map(([name]) => name),
      service: [...this.#services].map((index) => this.#trace.services[index].name),
      min: this.#least ? [this.least.value.trim()] : [],
      with: attributes(false),
      without: attributes(true),
      operation: this.#operation ? [JSON.stringify(this.#operation)] : [],
    };
  }

  /** Reads the filter from an address. */
  async read(parameters) {
    const names = parameters.getAll('only');
    const services = parameters.getAll('service');
    this.#flags = FLAGS.reduce((flags, [name, flag]) => (names.includes(name) ? flags | flag : flags), 0);
    this.#services = new Set(this.#trace.services.flatMap(({ name }, index) => (services.includes(name) ? [index] : [])));
    this.least.value = parameters.get('min') ?? '';
    this.#least = readDuration(this.least.value) ?? 0;
    this.#operation = operationIn(parameters.get('operation'));
    const conditions = [...parameters.getAll('with').map((text) => [text, false]), ...parameters.getAll('without').map((text) => [text, true])];
    this.#attributes = await Promise.all(conditions.map(([text, isExcluded]) => {
      const at = text.indexOf('=');
      return this.#condition(text.slice(0, at), text.slice(at + 1), isExcluded);
    }));
    this.#show();
  }

  passes(row) {
    const { flags, service, duration } = this.#trace;
    return (flags[row] & this.#flags) === this.#flags
      && (this.#services.size === 0 || this.#services.has(service[row]))
      && (this.#least === 0 || duration[row] >= this.#least)
      && (this.#operation === null || this.#isOf(row, this.#operation))
      && this.#attributes.every(({ rows, isExcluded }) => rows.has(row) !== isExcluded);
  }

  #isOf(row, { service, operation }) {
    return serviceOf(this.#trace, row) === service && (operation === null || operationOf(this.#trace, row) === operation);
  }

  toggle(flag) {
    this.#flags ^= flag;
    this.#tell();
  }

  /** Shows only spans of that service and operation; `operation` is `null` for any. */
  showOperation(service, operation) {
    this.#operation = { service, operation };
    this.#tell();
  }

  /** Shows only spans with the attribute, or only those without it. */
  async add(key, value, isExcluded) {
    const condition = await this.#condition(key, value, isExcluded);
    this.#attributes = [...this.#attributes.filter((one) => one.key !== key || one.value !== value), condition];
    this.#tell();
  }

  async #condition(key, value, isExcluded) {
    let rows = [];
    try {
      rows = await this.#trace.having(key, value);
    } catch ({ message }) {
      toast(`The trace could not be filtered: ${message}`);
    }
    return { key, value, isExcluded, rows: new Set(rows) };
  }

  clear() {
    this.#flags = 0;
    this.#services.clear();
    this.#least = 0;
    this.least.value = '';
    this.#attributes = [];
    this.#operation = null;
    this.#tell();
  }

  #tell() {
    this.#show();
    this.#changed();
  }

  #readLeast() {
    const text = this.least.value.trim();
    const least = text ? readDuration(text) : 0;
    this.least.setCustomValidity(least === null ? `"${text}" needs a unit, e.g. 100ms or 1.2s` : '');
    this.least.reportValidity();
    if (least === null) return;
    this.#least = least;
    this.#tell();
  }

  #show() {
    for (const [flag, button] of this.#buttons) button.setAttribute('aria-pressed', (this.#flags & flag) !== 0);
    [...this.legend.children].forEach((button, index) => button.setAttribute('aria-pressed', this.#services.has(index)));
    const operation = this.#operation && `${this.#operation.service}${this.#operation.operation === null ? '' : `: ${this.#operation.operation}`}`;
    this.conditions.replaceChildren(...[
      operation && chip(operation, () => (this.#operation = null, this.#tell())),
      ...this.#attributes.map((one) => chip(`${one.isExcluded ? 'not ' : ''}${one.key}=${one.value}`, () => {
        this.#attributes = this.#attributes.filter((other) => other !== one);
        this.#tell();
      })),
    ].filter(Boolean));
    this.conditions.hidden = !this.conditions.hasChildNodes();
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
      this.#tell();
    };
    return el('button', { type: 'button', 'aria-pressed': false, title: `Only ${name}`, onclick: toggle },
      el('i.dot', { '--c': cssColour(this.#trace.colours[index]) }),
      el('span.label', {}, named(name, '(no service)')),
      el('span.count', {}, formatCount(spans)));
  }
}

function chip(text, onclick) {
  return el('button.condition', { type: 'button', title: `Remove the filter ${text}`.slice(0, 300), onclick }, el('span', {}, text.slice(0, 200)), ' ✕');
}

function operationIn(text) {
  try {
    const { service, operation } = JSON.parse(text ?? 'null') ?? {};
    return typeof service === 'string' ? { service, operation: operation ?? null } : null;
  } catch {
    return null;
  }
}
