/**
 * Locates the JSON of a trace's spans: in the answer that filled the columns or, if that has only
 * outlines, in a later one with whole spans.
 */
export class SpanTexts {
  #columns;
  #segments;
  #wholeSegments = [];
  #wholeSegment;
  #wholeFrom;
  /** 0 for a span that has not arrived as a whole. */
  #wholeTo;
  #taken = 0;
  #left;
  /** By the number of an id, the first span with it that has not arrived; by span, the next one with the same id. */
  #first;
  #next;

  constructor(columns, segments) {
    this.#columns = columns;
    this.#segments = segments;
  }

  /** `[bytes, from, to]` of a span's JSON, as much as there is. */
  get(i) {
    if (this.hasCome(i)) return [this.#wholeSegments[this.#wholeSegment[i]], this.#wholeFrom[i], this.#wholeTo[i]];
    const { segment, from, to } = this.#columns;
    return [this.#segments[segment[i]], from[i], to[i]];
  }

  /** Returns true if a whole span has arrived in place of its outline. */
  hasCome(i) {
    return this.#wholeTo !== undefined && this.#wholeTo[i] > 0;
  }

  /** Takes the whole spans that have arrived since the last call. Other spans with these ids are skipped. */
  take(whole, segments) {
    if (!this.#wholeTo) this.#prepare();
    this.#wholeSegments = segments;
    for (; this.#taken < whole.count; this.#taken++) {
      const i = this.#indexOf(whole.ids, whole.id[this.#taken]);
      if (i < 0) continue;
      this.#wholeSegment[i] = whole.segment[this.#taken];
      this.#wholeFrom[i] = whole.from[this.#taken];
      this.#wholeTo[i] = whole.to[this.#taken];
      if (--this.#left === 0) this.#segments = [];
    }
  }

  #prepare() {
    const { count, id, ids } = this.#columns;
    this.#left = count;
    this.#wholeSegment = new Uint16Array(count);
    this.#wholeFrom = new Int32Array(count);
    this.#wholeTo = new Int32Array(count);
    this.#first = new Int32Array(ids.size).fill(-1);
    this.#next = new Int32Array(count).fill(-1);
    for (let i = count - 1; i >= 0; i--) {
      if (id[i] < 0) continue;
      this.#next[i] = this.#first[id[i]];
      this.#first[id[i]] = i;
    }
  }

  /** Of spans that share an id, each is taken once, in their order. */
  #indexOf(ids, number) {
    if (number < 0) return -1;
    const bytes = ids.get(number);
    const own = this.#columns.ids.intern(bytes, 0, bytes.length);
    const i = this.#first[own] ?? -1;
    if (i >= 0) this.#first[own] = this.#next[i];
    return i;
  }
}
