import { askTempo } from './backend.js';
import { bareName, fieldOf, literalOf } from './traceql-tokens.js';

const MOST_FIELDS = 2000;
const MOST_VALUES = 200;
/** The most answers that are cached, since typing repeats the same requests. */
const MOST_ANSWERS = 100;
/** The scopes in which fields are looked up first. */
const SCOPES = ['resource', 'span', 'event', 'link', 'instrumentation'];
/** The most frequently used fields, which come first. */
const FIRST = ['name', 'status', 'duration', 'resource.service.name', 'kind'];

/** The fields and values in the store, for spans that satisfy the selector's other conditions. */
export class FieldSource {
  #answers = new Map();

  /** All fields as `[field, scope]`. */
  async fields(within = '') {
    const { scopes = [] } = await this.#ask('v2/search/tags', { limit: MOST_FIELDS, ...queryOf(within) });
    const byScope = new Map(scopes.map(({ name, tags = [] }) => [name, tags]));
    const short = (byScope.get('intrinsic') ?? []).filter((name) => !name.startsWith('span:'));
    const all = [
      ...SCOPES.flatMap((scope) => (byScope.get(scope) ?? []).map((key) => [fieldOf(scope, key), scope])),
      ...short.map((name) => [name, 'intrinsic']),
    ];
    const known = new Map(all);
    return [...FIRST.filter((name) => known.has(name)).map((name) => [name, known.get(name)]), ...all.filter(([name]) => !FIRST.includes(name))];
  }

  /** The values of a field as `[literal, type]`. */
  async values(field, within = '') {
    const { tagValues = [] } = await this.#ask(`v2/search/tag/${encodeURIComponent(field)}/values`, { limit: MOST_VALUES, ...queryOf(within) });
    return tagValues.map(({ type, value }) => [literalOf(type, value), type]);
  }

  /**
   * Tags for the form as `[tag, value]`; the form requests the values of a tag when its name is typed.
   */
  async tags() {
    const fields = (await this.fields()).filter(([name, scope]) => (scope === 'span' || scope === 'resource') && name !== 'resource.service.name');
    return [['error', 'true'], ...[...new Set(fields.map(([name]) => bareName(name)))].sort().map((name) => [name, ''])];
  }

  /** The values of a tag in the form, without quotes. */
  async valuesOfTag(name) {
    const values = await this.values(fieldOf('any', name));
    return values.map(([literal, type]) => (type === 'string' ? JSON.parse(literal) : literal));
  }

  /** Clears the cache, because new spans have arrived. */
  forget() {
    this.#answers.clear();
  }

  async #ask(path, parameters) {
    const key = `${path}?${new URLSearchParams(parameters)}`;
    if (!this.#answers.has(key)) {
      if (this.#answers.size >= MOST_ANSWERS) this.#answers.clear();
      this.#answers.set(key, askTempo(path, parameters));
    }
    const answer = await this.#answers.get(key);
    if (answer.error) this.#answers.delete(key);
    return answer;
  }
}

const queryOf = (within) => (within.replace(/[{\s]/g, '') ? { q: `${within} }` } : {});
