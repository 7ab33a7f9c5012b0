/** The bytes that are sampled for tags to offer, and the most values of each. */
const SAMPLE_BYTES = 1 << 19;
const SAMPLE_VALUES = 4;

/** Only these keys can be typed into the search without quotes. */
const KEY = /^[\w.-]{1,80}$/;
const VALUE = /^[\w./ -]{1,60}$/;

const decoder = new TextDecoder();

/** Some of the tags of the traces' spans and processes. */
export class TagSample {
  #bytes = 0;
  #values = new Map();

  add(columns, { processes = {} }, segments) {
    for (const { tags } of Object.values(processes)) this.#addAll(tags);
    for (let i = 0; i < columns.count && this.#bytes < SAMPLE_BYTES; i++) {
      const json = segments[columns.segment[i]].subarray(columns.from[i], columns.to[i]);
      this.#bytes += json.length;
      this.#addAll(JSON.parse(decoder.decode(json)).tags);
    }
  }

  /** `[key, value]`, sorted by key; a few values of each. */
  get tags() {
    return [...this.#values].sort().flatMap(([key, found]) => [...found].map((value) => [key, value]));
  }

  #addAll(tags) {
    for (const { key, value } of tags ?? []) {
      if (!KEY.test(key) || !VALUE.test(value)) continue;
      if (!this.#values.has(key)) this.#values.set(key, new Set());
      const values = this.#values.get(key);
      if (values.size < SAMPLE_VALUES) values.add(String(value));
    }
  }
}
