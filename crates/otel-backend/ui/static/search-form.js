import { getOperations } from './backend.js';
import { el } from './dom.js';
import { formatCount, readDuration } from './format.js';
import { DEFAULT_LIMIT, LOOKBACK_NAMES, LOOKBACKS, MAX_LIMIT, formatTags, parseTags } from './query.js';
import { uploadButton } from './uploads.js';

/** The form of a search: shows a query, and submits a new one. */
export class SearchForm {
  #fields = {};
  #submit;
  #valuesOf;
  /** Completions for the attributes, `name=value` or `name=`. */
  #known = [];
  /** Names whose values are among the completions. */
  #asked = new Set();

  /** `valuesOf(name)`, if the backend supports it, returns values to offer for an attribute. */
  constructor(services, submit, valuesOf = async () => []) {
    this.#submit = submit;
    this.#valuesOf = valuesOf;
    this.#make(services);
    this.node = this.#layout();
    // On a phone this button opens the form.
    this.opener = el('button.ask', { type: 'button', 'aria-expanded': false, onclick: () => this.#open() }, 'Filters');
  }

  #open() {
    const isOpen = this.node.classList.toggle('open');
    this.opener.setAttribute('aria-expanded', isOpen);
  }

  #make(services) {
    const f = this.#fields;
    f.service = el('select', { id: 'service' }, el('option', { value: '' }, 'All services'), services.map((name) => el('option', { value: name }, name)));
    f.operation = el('select', { id: 'operation' });
    f.tags = el('input', { id: 'tags', list: 'tag-list', placeholder: 'error=true http.route=/cart', spellcheck: 'false', autocomplete: 'off' });
    f.minDuration = el('input', { id: 'minDuration', placeholder: '100ms', spellcheck: 'false', 'aria-label': 'Min span duration' });
    f.maxDuration = el('input', { id: 'maxDuration', placeholder: '1.2s', spellcheck: 'false', 'aria-label': 'Max span duration' });
    f.lookback = el('select', { id: 'lookback' }, [...LOOKBACKS.keys(), 'custom'].map((name) => el('option', { value: name }, LOOKBACK_NAMES[name])));
    f.start = el('input', { type: 'datetime-local', step: 1, 'aria-label': 'Start' });
    f.end = el('input', { type: 'datetime-local', step: 1, 'aria-label': 'End' });
    f.limit = el('input', { id: 'limit', type: 'number', min: 1, max: MAX_LIMIT });
    f.service.addEventListener('change', () => this.#loadOperations(''));
    f.lookback.addEventListener('change', () => this.#showCustom());
    f.tags.addEventListener('input', () => this.#offer());
    this.completions = el('datalist', { id: 'tag-list' });
    this.beyond = el('p.beyond', { role: 'note', hidden: true }, 'The query says more than this form can show. “Find traces” replaces it by the form.');
    this.problem = el('p.problem', { role: 'alert', hidden: true });
    this.custom = el('div.pair', {}, f.start, f.end);
  }

  #layout() {
    const f = this.#fields;
    return el('form.query', { 'aria-label': 'Search', onsubmit: (event) => this.#onSubmit(event) },
      field('Service', f.service),
      field('Operation', f.operation),
      field('Span attributes', f.tags, this.completions),
      el('div.field', {}, el('label', { for: 'minDuration' }, 'Span duration: min – max'), el('div.pair', {}, f.minDuration, f.maxDuration)),
      field('Time range', f.lookback, this.custom),
      field('Limit', f.limit),
      this.beyond,
      this.problem,
      el('button.primary', { type: 'submit' }, 'Find traces'),
      uploadButton());
  }

  /** Shows a query, which may have more conditions than the form can show. */
  show(query, isWhole = true) {
    this.beyond.hidden = isWhole;
    const f = this.#fields;
    this.know([query.service]);
    f.service.value = query.service;
    f.tags.value = formatTags(query.tags);
    f.minDuration.value = query.minDuration;
    f.maxDuration.value = query.maxDuration;
    f.lookback.value = query.lookback;
    f.limit.value = query.limit;
    const now = Date.now() * 1000;
    f.start.value = localTime(query.start || now - 3600e6);
    f.end.value = localTime(query.end || now);
    this.#showCustom();
    this.#loadOperations(query.operation);
  }

  /** Adds services to the completions. */
  know(names) {
    const { options } = this.#fields.service;
    const known = new Set([...options].map(({ value }) => value));
    for (const name of new Set(names)) {
      if (!name || known.has(name)) continue;
      const after = [...options].slice(1).find(({ value }) => value > name) ?? null;
      this.#fields.service.insertBefore(el('option', { value: name }, name), after);
    }
  }

  /** Adds tags to the completions; a tag with an empty value is a name to complete. */
  complete(tags) {
    this.#known = tags.map(([key, value]) => (value === '' ? `${key}=` : formatTags({ [key]: value })));
    this.#offer();
  }

  /** A browser completes a whole field, so each completion begins with the text already typed. */
  #offer() {
    const { value } = this.#fields.tags;
    const typed = value.slice(0, value.lastIndexOf(' ') + 1);
    const [, name] = /^([^\s=]+)=/.exec(value.slice(typed.length)) ?? [];
    if (name && this.#known.includes(`${name}=`)) this.#offerValues(name);
    this.completions.replaceChildren(...this.#known.map((tag) => el('option', { value: typed + tag })));
  }

  async #offerValues(name) {
    if (this.#asked.has(name)) return;
    this.#asked.add(name);
    const values = await this.#valuesOf(name);
    this.#known = [...values.map((value) => formatTags({ [name]: value })), ...this.#known];
    this.#offer();
  }

  #showCustom() {
    this.custom.hidden = this.#fields.lookback.value !== 'custom';
  }

  async #loadOperations(selected) {
    const { service, operation } = this.#fields;
    const fill = (names) => {
      const options = selected && !names.includes(selected) ? [selected, ...names] : names;
      operation.replaceChildren(el('option', { value: '' }, names.length ? `All operations (${formatCount(names.length)})` : 'All operations'),
        ...options.map((name) => el('option', { value: name }, name.slice(0, 200))));
      operation.value = selected;
    };
    const wanted = service.value;
    operation.disabled = !wanted;
    fill([]);
    if (!wanted) return;
    const { data = [] } = await getOperations(wanted);
    if (service.value === wanted) fill([...data].sort());
  }

  #onSubmit(event) {
    event.preventDefault();
    try {
      const query = this.#read();
      this.problem.hidden = true;
      this.#submit(query);
    } catch (error) {
      this.problem.textContent = error.message;
      this.problem.hidden = false;
    }
  }

  #read() {
    const f = this.#fields;
    const durations = { minDuration: f.minDuration.value.trim(), maxDuration: f.maxDuration.value.trim() };
    const [least, most] = Object.values(durations).map((value) => {
      const micros = value && readDuration(value);
      if (micros === null) throw new SyntaxError(`"${value}" needs a unit, e.g. 100ms or 1.2s`);
      return micros;
    });
    if (least !== '' && most !== '' && least > most) throw new RangeError('Min duration must not be longer than max');
    const start = new Date(f.start.value).getTime() * 1000;
    const end = new Date(f.end.value).getTime() * 1000;
    if (f.lookback.value === 'custom' && !(start < end)) throw new RangeError('Start must be before end');
    return {
      service: f.service.value,
      operation: f.operation.value,
      tags: parseTags(f.tags.value),
      ...durations,
      lookback: f.lookback.value,
      start,
      end,
      limit: Number(f.limit.value) || DEFAULT_LIMIT,
    };
  }
}

function field(title, input, ...more) {
  return el('div.field', {}, el('label', { for: input.id }, title), input, more);
}

/** The format of `datetime-local`. */
function localTime(micros) {
  const date = new Date(micros / 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
