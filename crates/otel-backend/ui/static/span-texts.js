/**
 * Where the JSON of a trace's spans lies: in the answer that filled the columns, or, where that has only
 * outlines, in one that came later and has the spans in whole.
 */
export class SpanTexts {
  #columns;
  #segments;
  #wholeSegments = [];
  #wholeSegment;
  #wholeFrom;
  /** 0 for a span that has not come in whole. */
  #wholeTo;
  #taken = 0;
  #left;
  /** By the number of an id, the first of the spans with it that has not come; by span, the next with the same id. */
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

  /** Whether a span has come in whole, if what filled the columns were outlines. */
  hasCome(i) {
    return this.#wholeTo !== undefined && this.#wholeTo[i] > 0;
  }

  /** Takes the spans that have come in whole, those since the last time. Other spans of these ids are passed over. */
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
