import { doubled } from './interner.js';

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;
const BLOCK_BYTES = 1 << 20;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The searchable text of the spans of a trace: for each span its id, then a `key=value` line per
 * attribute and per field of an event, and its warnings.
 *
 * A regular expression searches the text of 100,000 spans in some ten milliseconds; the slow part is
 * to build it, once, from the JSON. So that is done on the bytes, without objects. Services,
 * operations and resources are few and not included: they are compared one by one.
 */
export class SearchIndex {
  #blocks = [];
  #bytes = new Uint8Array(2 * BLOCK_BYTES);
  #length = 0;
  #firstRow = 0;
  #ends = [];

  /** Adds the next row: the bytes of its id, and its JSON at [from, to) of `json`. */
  add(id, json, from, to) {
    this.#put(id, 0, id.length);
    this.#byte(NEWLINE);
    this.#walk(json, from, to);
    this.#ends.push(this.#length);
    if (this.#length >= BLOCK_BYTES) this.#close();
  }

  finish() {
    this.#close();
    this.#bytes = null;
  }

  /** Calls `found(row)` once for each row whose text matches the global expression. */
  match(expression, found) {
    for (const { text, firstRow, ends } of this.#blocks) {
      let row = 0;
      expression.lastIndex = 0;
      for (let hit = expression.exec(text); hit; hit = expression.exec(text)) {
        while (ends[row] <= hit.index) row++;
        found(firstRow + row);
        expression.lastIndex = ends[row];
      }
    }
  }

  #walk(json, from, to) {
    let wanted = 0;
    for (let pos = from; pos < to; ) {
      const c = json[pos];
      if (c === QUOTE) {
        const start = ++pos;
        let escaped = false;
        while (json[pos] !== QUOTE) {
          if (json[pos] === BACKSLASH) {
            escaped = true;
            pos++;
          }
          pos++;
        }
        const end = pos++;
        while (json[pos] <= 0x20) pos++;
        if (json[pos] === COLON) {
          wanted = separatorAfter(json, start, end);
          pos++;
        } else if (wanted) this.#value(json, start, end, escaped, wanted);
      } else if (isScalar(c)) {
        const start = pos;
        while (isScalar(json[pos])) pos++;
        if (wanted === NEWLINE) this.#value(json, start, pos, false, wanted);
      } else pos++;
    }
  }

  #value(json, from, to, escaped, separator) {
    if (escaped) {
      const bytes = encoder.encode(JSON.parse(decoder.decode(json.subarray(from - 1, to + 1))));
      this.#put(bytes, 0, bytes.length);
    } else this.#put(json, from, to);
    this.#byte(separator);
  }

  #put(source, from, to) {
    while (this.#length + to - from + 1 > this.#bytes.length) this.#bytes = doubled(this.#bytes);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let i = from; i < to; i++) bytes[length++] = source[i];
    this.#length = length;
  }

  #byte(value) {
    this.#put([value], 0, 1);
  }

  #close() {
    if (this.#ends.length === 0) return;
    const bytes = this.#bytes.subarray(0, this.#length);
    const text = decoder.decode(bytes);
    const ends = text.length === bytes.length ? this.#ends : inCodeUnits(bytes, this.#ends);
    this.#blocks.push({ text, firstRow: this.#firstRow, ends: Int32Array.from(ends) });
    this.#firstRow += this.#ends.length;
    this.#ends = [];
    this.#length = 0;
  }
}

/** The separator after the value of a member in the text; 0 if it is not searched. */
function separatorAfter(json, from, to) {
  const length = to - from;
  if (length === 3 && json[from] === 0x6b) return EQUALS; // key
  if (length === 5 && json[from] === 0x76) return NEWLINE; // value
  if (length === 8 && json[from] === 0x77) return NEWLINE; // warnings
  return 0;
}

/** Returns true if the byte is part of a number, true, false or null. */
function isScalar(c) {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x7a) || c === 0x2d || c === 0x2e || c === 0x2b || c === 0x45;
}

/** Converts positions in UTF-8 to positions in the decoded string. */
function inCodeUnits(bytes, ends) {
  const result = [];
  let units = 0;
  let at = 0;
  for (const end of ends) {
    for (; at < end; at++) {
      const c = bytes[at];
      if (c >= 0xf0) units += 2;
      else if (c < 0x80 || c >= 0xc0) units += 1;
    }
    result.push(units);
  }
  return result;
}
