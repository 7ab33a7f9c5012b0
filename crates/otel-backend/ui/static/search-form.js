import { getOperations } from './backend.js';
import { el } from './dom.js';
import { formatCount } from './format.js';
import { DEFAULT_LIMIT, LOOKBACKS, MAX_LIMIT, formatTags, isDuration, parseTags } from './query.js';
import { uploadButton } from './uploads.js';

const LOOKBACK_NAMES = {
  '5m': 'Last 5 minutes', '15m': 'Last 15 minutes', '1h': 'Last hour', '3h': 'Last 3 hours', '6h': 'Last 6 hours',
  '12h': 'Last 12 hours', '24h': 'Last 24 hours', '2d': 'Last 2 days', '7d': 'Last 7 days', custom: 'From … to …',
};

/** The form of a search: shows a query, and hands over the one that is asked for. */
export class SearchForm {
  #fields = {};
  #submit;
  #known = [];

  constructor(services, query, submit) {
    this.#submit = submit;
    this.#make(services);
    this.node = this.#layout();
    this.show(query);
  }

  #make(services) {
    const f = this.#fields;
    f.service = el('select', { id: 'service' }, el('option', { value: '' }, 'All services'), services.map((name) => el('option', { value: name }, name)));
    f.operation = el('select', { id: 'operation' });
    f.tags = el('input', { id: 'tags', list: 'tag-list', placeholder: 'error=true http.route=/cart', spellcheck: 'false', autocomplete: 'off' });
    f.minDuration = el('input', { id: 'minDuration', placeholder: '100ms', spellcheck: 'false', 'aria-label': 'Shortest span' });
    f.maxDuration = el('input', { id: 'maxDuration', placeholder: '1.2s', spellcheck: 'false', 'aria-label': 'Longest span' });
    f.lookback = el('select', { id: 'lookback' }, [...LOOKBACKS.keys(), 'custom'].map((name) => el('option', { value: name }, LOOKBACK_NAMES[name])));
    f.start = el('input', { type: 'datetime-local', step: 1, 'aria-label': 'From' });
    f.end = el('input', { type: 'datetime-local', step: 1, 'aria-label': 'To' });
    f.limit = el('input', { id: 'limit', type: 'number', min: 1, max: MAX_LIMIT });
    f.service.addEventListener('change', () => this.#loadOperations(''));
    f.lookback.addEventListener('change', () => this.#showCustom());
    f.tags.addEventListener('input', () => this.#offer());
    this.completions = el('datalist', { id: 'tag-list' });
    this.problem = el('p.problem', { role: 'alert', hidden: true });
    this.custom = el('div.pair', {}, f.start, f.end);
  }

  #layout() {
    const f = this.#fields;
    return el('form.query', { 'aria-label': 'Search', onsubmit: (event) => this.#onSubmit(event) },
      field('Service', f.service),
      field('Operation', f.operation),
      field('Attributes of a span', f.tags, this.completions),
      el('div.field', {}, el('label', { for: 'minDuration' }, 'Duration of a span, from and to'), el('div.pair', {}, f.minDuration, f.maxDuration)),
      field('Time', f.lookback, this.custom),
      field('At most', f.limit),
      this.problem,
      el('button.primary', { type: 'submit' }, 'Find traces'),
      uploadButton());
  }

  show(query) {
    const f = this.#fields;
    if (query.service && ![...f.service.options].some(({ value }) => value === query.service)) {
      f.service.append(el('option', { value: query.service }, query.service));
    }
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

  /** Offers tags that occur in results. */
  complete(tags) {
    this.#known = tags.map((tag) => formatTags(Object.fromEntries([tag])));
    this.#offer();
  }

  /** A browser completes a whole field, so what is typed already stands before each offer. */
  #offer() {
    const { value } = this.#fields.tags;
    const typed = value.slice(0, value.lastIndexOf(' ') + 1);
    this.completions.replaceChildren(...this.#known.map((tag) => el('option', { value: typed + tag })));
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
    for (const value of Object.values(durations)) {
      if (value && !isDuration(value)) throw new SyntaxError(`not a duration with its unit (100ms, 1.2s): ${value}`);
    }
    const start = new Date(f.start.value).getTime() * 1000;
    const end = new Date(f.end.value).getTime() * 1000;
    if (f.lookback.value === 'custom' && !(start < end)) throw new RangeError('the time must begin before it ends');
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

/** As `datetime-local` wants it. */
function localTime(micros) {
  const date = new Date(micros / 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
