import { Columns, ENDLESS, ERROR, FOLLOWS, KIND, KINDS, UNPLACED, WARNED } from './columns.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const COLON = 0x3a;
const LIST_OPEN = 0x5b;
const BACKSLASH = 0x5c;
const LIST_CLOSE = 0x5d;
const LETTER_E = 0x65;
const LETTER_S = 0x73;
const LETTER_T = 0x74;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Thrown when the bytes received so far end within a value. */
const SHORT = Symbol('short');

const START = 0;
const OBJECT = 1;
const LIST = 2;
const SPANS = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The members of a span, and of its parts, that are read, as bytes. */
const NAMES = [
  'traceID', 'spanID', 'parentSpanID', 'operationName', 'references', 'startTime', 'duration',
  'tags', 'logs', 'processID', 'warnings', 'refType', 'CHILD_OF', 'timestamp', 'key', 'value',
  'error', 'span.kind', 'true',
].map((name) => encoder.encode(name));
const [
  TRACE_ID, SPAN_ID, PARENT_SPAN_ID, OPERATION, REFERENCES, START_TIME, DURATION,
  TAGS, LOGS, PROCESS_ID, WARNINGS, REF_TYPE, CHILD_OF, TIMESTAMP, KEY, VALUE,
  TAG_ERROR, TAG_KIND, TRUE,
] = NAMES.keys();
const NAMES_BY_LENGTH = [];
NAMES.forEach((name, index) => (NAMES_BY_LENGTH[name.length] ??= []).push(index));
const KIND_VALUES = KINDS.map((kind) => encoder.encode(kind));

/** Members of a trace, or of the envelope around it, that are kept completely. */
const KEPT = new Set(['traceID', 'processes', 'warnings', 'errors']);

const SEGMENT_BYTES = 1 << 22;

/**
 * Reads Jaeger's JSON as it arrives, and fills columns with the data for the waterfall.
 *
 * `JSON.parse` makes some three million objects of a trace of 100,000 spans. This makes none: the
 * bytes stay where they are, and a span's JSON is parsed when its details are needed. An envelope, a
 * list of traces and a bare trace are all accepted, with members in any order, and several of them one
 * after the other.
 */
export class Scanner {
  /** The number of spans of all traces so far. */
  spans = 0;
  /** The members of the envelope other than its traces. */
  envelope = {};
  /** The bytes, divided between values. */
  segments = [];
  #bytes = new Uint8Array(1 << 16);
  #end = 0;
  #pos = 0;
  /** The last skipped string, without its quotes. */
  #from = 0;
  #to = 0;
  /** The last skipped number, before and after its point. */
  #whole = 0;
  #part = 0;
  #retryAt = 0;
  #frames = [{ kind: START }];
  #columns = new Columns();
  #onTrace;

  /** `onTrace(columns, members)` is called for each complete trace. */
  constructor(onTrace) {
    this.#onTrace = onTrace;
    this.segments.push(this.#bytes);
  }

  get isDone() {
    return this.#frames.length === 0;
  }

  /** The spans so far of the current trace. */
  get columns() {
    return this.#columns;
  }

  push(chunk) {
    this.#reserve(chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
    if (this.#end >= this.#retryAt) this.#run();
  }

  finish() {
    this.#run();
    if (this.#frames.length) throw new SyntaxError('the JSON ends early');
  }

  /** Makes room; bytes that have been read stay in their segment, the rest moves to a new one. */
  #reserve(length) {
    if (this.#end + length <= this.#bytes.length) return;
    const rest = this.#bytes.subarray(this.#pos, this.#end);
    const bytes = new Uint8Array(Math.max(SEGMENT_BYTES, 2 * (rest.length + length)));
    bytes.set(rest);
    this.segments.push(bytes);
    this.#retryAt = Math.max(0, this.#retryAt - this.#pos);
    this.#bytes = bytes;
    this.#end = rest.length;
    this.#pos = 0;
  }

  #run() {
    let mark = this.#pos;
    try {
      while (this.#frames.length || this.#isFollowed()) {
        mark = this.#pos;
        this.#step();
      }
    } catch (error) {
      if (error !== SHORT) throw error;
      this.#pos = mark;
      // A value that is longer than the bytes so far is retried when twice as many are there, so that
      // one enormous span costs linear time.
      this.#retryAt = this.#end + (this.#end - mark);
    }
  }

  /** Returns true if another value follows the one that ended, as in a file with a value in each line. */
  #isFollowed() {
    while (this.#pos < this.#end && this.#bytes[this.#pos] <= 0x20) this.#pos++;
    if (this.#pos === this.#end) return false;
    this.#frames.push({ kind: START });
    return true;
  }

  #step() {
    const frame = this.#frames[this.#frames.length - 1];
    const c = this.#next();
    if (frame.kind === START) {
      this.#frames.pop();
      this.#enter(c);
    } else if (c === (frame.kind === OBJECT ? CLOSE : LIST_CLOSE)) this.#leave(frame);
    else if (frame.kind === SPANS) this.#span();
    else if (frame.kind === OBJECT) this.#member(frame);
    else this.#enter(c);
  }

  #enter(c) {
    if (c === OPEN) this.#frames.push({ kind: OBJECT, members: {}, isTrace: false });
    else if (c === LIST_OPEN) this.#frames.push({ kind: LIST });
    else throw this.#unexpected('an object or a list');
    this.#pos++;
  }

  #leave(frame) {
    this.#pos++;
    this.#frames.pop();
    if (frame.isTrace) {
      this.#onTrace(this.#columns, frame.members);
      this.#columns = new Columns();
    } else if (frame.kind === OBJECT) Object.assign(this.envelope, frame.members);
  }

  #member(frame) {
    this.#string();
    const name = this.#text(this.#from, this.#to);
    this.#colon();
    const c = this.#next();
    if (c === LIST_OPEN && (name === 'data' || name === 'spans')) {
      this.#pos++;
      frame.isTrace = name === 'spans';
      this.#frames.push({ kind: frame.isTrace ? SPANS : LIST });
      return;
    }
    const from = this.#pos;
    this.#skip();
    if (KEPT.has(name)) frame.members[name] = JSON.parse(this.#text(from, this.#pos));
  }

  #span() {
    const columns = this.#columns;
    const from = this.#pos;
    const i = columns.begin();
    let references = 0;
    let traceFrom = 0;
    let traceTo = 0;
    this.#open();
    while (this.#next() !== CLOSE) {
      this.#string();
      const name = this.#name(this.#from, this.#to);
      this.#colon();
      const at = this.#pos;
      if (this.#value(name, i)) continue;
      if (name === TRACE_ID) {
        traceFrom = this.#from;
        traceTo = this.#to;
      } else if (name === REFERENCES) references = at;
    }
    const to = ++this.#pos;
    // The trace's own id may come after the references.
    if (references) this.#references(references, traceFrom, traceTo, i);
    this.#pos = to;
    this.#markUnknown(i);
    columns.commit(this.segments.length - 1, from, to);
    this.spans++;
  }

  /** A time of 0 was not sent. Without an end, the duration leads back to 1970. */
  #markUnknown(i) {
    const { start, duration, flags, epoch } = this.#columns;
    if (Number.isNaN(start[i])) flags[i] |= UNPLACED;
    else if (duration[i] < 0 && epoch + start[i] + duration[i] < 1) {
      flags[i] |= ENDLESS;
      duration[i] = 0;
    }
  }

  /** Reads a member of a span; returns true if it needed nothing else of the span. */
  #value(name, i) {
    const columns = this.#columns;
    const c = this.#next();
    switch (name) {
      case START_TIME:
        columns.start[i] = this.#moment(c);
        return true;
      case DURATION:
        columns.duration[i] = this.#number(c);
        return true;
      case WARNINGS:
        if (this.#isFilledList(c)) columns.flags[i] |= WARNED;
        return true;
      case TAGS:
        if (c === LIST_OPEN) this.#container(TAGS);
        else this.#skip();
        return true;
      case LOGS:
        if (c === LIST_OPEN) this.#container(LOGS);
        else this.#skip();
        return true;
      default:
        this.#skip();
        if (c === QUOTE) this.#identity(name, i);
        return false;
    }
  }

  /** Keeps the string just skipped, if it identifies the span. */
  #identity(name, i) {
    const columns = this.#columns;
    if (name === SPAN_ID) columns.id[i] = this.#intern(columns.ids);
    else if (name === OPERATION) columns.operation[i] = this.#intern(columns.operations);
    else if (name === PROCESS_ID) columns.process[i] = this.#intern(columns.processes);
    else if (name === PARENT_SPAN_ID && this.#to > this.#from) {
      columns.parentId[i] = this.#intern(columns.ids);
    }
  }

  /**
   * The parent is the first CHILD_OF within the trace, or else the first FOLLOWS_FROM; the others are
   * links.
   */
  #references(at, traceFrom, traceTo, i) {
    this.#pos = at;
    if (this.#next() !== LIST_OPEN) return;
    this.#pos++;
    const columns = this.#columns;
    let parent = columns.parentId[i];
    let follows = -1;
    while (this.#next() === OPEN) {
      const { id, isChild } = this.#reference(traceFrom, traceTo);
      if (id < 0) continue;
      if (isChild && parent < 0) parent = id;
      else {
        columns.links.push([i, id]);
        if (follows < 0) follows = id;
      }
    }
    if (parent < 0 && follows >= 0) {
      parent = follows;
      columns.flags[i] |= FOLLOWS;
    }
    columns.parentId[i] = parent;
  }

  /** The referenced span; its id is -1 if it is of another trace. */
  #reference(traceFrom, traceTo) {
    let id = -1;
    let isChild = false;
    let isWithin = false;
    this.#open();
    while (this.#next() !== CLOSE) {
      this.#string();
      const name = this.#name(this.#from, this.#to);
      this.#colon();
      const c = this.#next();
      this.#skip();
      if (c !== QUOTE) continue;
      if (name === SPAN_ID) id = this.#intern(this.#columns.ids);
      else if (name === REF_TYPE) isChild = this.#name(this.#from, this.#to) === CHILD_OF;
      else if (name === TRACE_ID) {
        const length = traceTo - traceFrom;
        isWithin = this.#to - this.#from === length && this.#same(traceFrom, this.#from, length);
      }
    }
    this.#pos++;
    return { id: isWithin ? id : -1, isChild };
  }

  /**
   * Checks a string that may be "error" or "span.kind" within a tag. An `error` counts if it is true,
   * as a boolean or as text; the texts "false" and "unset" are truthy too. Of several kinds the first
   * counts.
   */
  #tag(from, to, open) {
    const name = this.#name(from, to);
    if (name !== TAG_ERROR && name !== TAG_KIND) return;
    const value = this.#tagValue(open, name);
    if (value === 0) return;
    const { flags, count } = this.#columns;
    if (name === TAG_ERROR && this.#isTrue(value)) flags[count] |= ERROR;
    if (name === TAG_KIND && this.#bytes[value] === QUOTE && !(flags[count] & KIND)) flags[count] |= this.#kind(value);
  }

  /** The position of the value of the tag that opens there, or 0 if its key is another. */
  #tagValue(open, wanted) {
    let value = 0;
    let isWanted = false;
    this.#pos = open + 1;
    while (this.#next() !== CLOSE) {
      this.#string();
      const name = this.#name(this.#from, this.#to);
      this.#colon();
      this.#next();
      const at = this.#pos;
      this.#skip();
      if (name === KEY) isWanted = this.#name(at + 1, this.#pos - 1) === wanted;
      else if (name === VALUE) value = at;
    }
    return isWanted ? value : 0;
  }

  #isTrue(value) {
    const from = this.#bytes[value] === QUOTE ? value + 1 : value;
    return this.#equals(NAMES[TRUE], from) && (from === value || this.#bytes[from + 4] === QUOTE);
  }

  #kind(value) {
    this.#pos = value;
    this.#string();
    const length = this.#to - this.#from;
    const kind = KIND_VALUES.findIndex((name) => name.length === length && this.#equals(name, this.#from));
    return Math.max(kind, 0);
  }

  /** Checks a string that may be "timestamp" within a log. */
  #log(from, to) {
    if (this.#name(from, to) !== TIMESTAMP) return;
    this.#pos = to + 1;
    if (this.#next() !== COLON) return;
    this.#pos++;
    this.#columns.addEvent(this.#moment(this.#next()));
  }

  #isFilledList(c) {
    const from = this.#pos;
    this.#skip();
    if (c !== LIST_OPEN) return false;
    const to = this.#pos;
    this.#pos = from + 1;
    const isFilled = this.#next() !== LIST_CLOSE;
    this.#pos = to;
    return isFilled;
  }

  /** The next byte that is neither white space nor a comma; #pos is then at it. */
  #next() {
    const bytes = this.#bytes;
    const end = this.#end;
    let pos = this.#pos;
    while (pos < end && (bytes[pos] <= 0x20 || bytes[pos] === COMMA)) pos++;
    this.#pos = pos;
    if (pos >= end) throw SHORT;
    return bytes[pos];
  }

  #open() {
    if (this.#next() !== OPEN) throw this.#unexpected('an object');
    this.#pos++;
  }

  #colon() {
    if (this.#next() !== COLON) throw this.#unexpected('a colon');
    this.#pos++;
  }

  #string() {
    if (this.#next() !== QUOTE) throw this.#unexpected('a string');
    const bytes = this.#bytes;
    const end = this.#end;
    let pos = this.#pos + 1;
    this.#from = pos;
    while (pos < end && bytes[pos] !== QUOTE) pos += bytes[pos] === BACKSLASH ? 2 : 1;
    if (pos >= end) throw SHORT;
    this.#to = pos;
    this.#pos = pos + 1;
  }

  /** Skips any value. */
  #skip() {
    const c = this.#next();
    if (c === QUOTE) return this.#string();
    if (c === OPEN || c === LIST_OPEN) return this.#container();
    const bytes = this.#bytes;
    const end = this.#end;
    let pos = this.#pos;
    while (pos < end && isLiteral(bytes[pos])) pos++;
    if (pos >= end) throw SHORT;
    if (pos === this.#pos) throw this.#unexpected('a value');
    this.#pos = pos;
  }

  /**
   * Skips a list or an object of any depth. Most bytes of an answer go through this loop, so it checks
   * only strings directly inside the objects of the list that have the length and beginning of the
   * wanted names of TAGS ("error", "span.kind") or LOGS ("timestamp").
   */
  #container(holds = -1) {
    const bytes = this.#bytes;
    const end = this.#end;
    let pos = this.#pos;
    let depth = 0;
    /** The start of the object directly inside the list; 0 in another list. */
    let open = 0;
    while (pos < end) {
      const c = bytes[pos++];
      if (c === QUOTE) {
        const from = pos;
        while (pos < end && bytes[pos] !== QUOTE) pos += bytes[pos] === BACKSLASH ? 2 : 1;
        const length = pos - from;
        if (depth === 2 && open && (length === 5 || length === 9)) {
          const first = bytes[from];
          if (holds === TAGS && first === (length === 5 ? LETTER_E : LETTER_S)) this.#tag(from, pos, open);
          else if (holds === LOGS && first === LETTER_T) this.#log(from, pos);
        }
        pos++;
      } else if (c === OPEN || c === LIST_OPEN) {
        if (++depth === 2) open = c === OPEN ? pos - 1 : 0;
      } else if ((c === CLOSE || c === LIST_CLOSE) && --depth === 0) {
        this.#pos = pos;
        return;
      }
    }
    throw SHORT;
  }

  /** A number, also if written as a string; anything else is 0. */
  #number(c) {
    if (this.#decimal(this.#pos)) return this.#whole + this.#part;
    const from = this.#pos;
    this.#skip();
    const quote = c === QUOTE ? 1 : 0;
    return Number(this.#text(from + quote, this.#pos - quote)) || 0;
  }

  /** A time, in microseconds after the first one that was read; NaN if it is 0 or invalid. */
  #moment(c) {
    const quote = c === QUOTE ? 1 : 0;
    if (!this.#decimal(this.#pos + quote)) {
      this.#skip();
      return NaN;
    }
    this.#pos += quote;
    if (this.#whole === 0) return NaN;
    const columns = this.#columns;
    if (columns.epoch === 0) columns.epoch = this.#whole;
    return this.#whole - columns.epoch + this.#part;
  }

  /**
   * Skips digits, possibly with a point among them, and keeps the parts before and after the point.
   * Returns false, and skips nothing, if there are no digits or other characters.
   */
  #decimal(from) {
    const bytes = this.#bytes;
    const end = this.#end;
    let pos = from;
    let whole = 0;
    while (pos < end && bytes[pos] >= 0x30 && bytes[pos] <= 0x39) whole = whole * 10 + bytes[pos++] - 0x30;
    const isNumber = pos > from;
    let part = 0;
    if (pos < end && bytes[pos] === DOT) {
      let size = 1;
      for (pos++; pos < end && bytes[pos] >= 0x30 && bytes[pos] <= 0x39; size *= 10) part = part * 10 + bytes[pos++] - 0x30;
      part /= size;
    }
    if (pos >= end) throw SHORT;
    if (!isNumber || isLiteral(bytes[pos])) return false;
    this.#pos = pos;
    this.#whole = whole;
    this.#part = part;
    return true;
  }

  #intern(interner) {
    return interner.intern(this.#bytes, this.#from, this.#to);
  }

  /** The index in NAMES of the text at [from, to), or -1. */
  #name(from, to) {
    const candidates = NAMES_BY_LENGTH[to - from];
    if (candidates === undefined) return -1;
    for (const index of candidates) if (this.#equals(NAMES[index], from)) return index;
    return -1;
  }

  #equals(name, from) {
    for (let i = 0; i < name.length; i++) if (this.#bytes[from + i] !== name[i]) return false;
    return true;
  }

  #same(from, other, length) {
    for (let i = 0; i < length; i++) if (this.#bytes[from + i] !== this.#bytes[other + i]) return false;
    return true;
  }

  #text(from, to) {
    return decoder.decode(this.#bytes.subarray(from, to));
  }

  #unexpected(wanted) {
    return new SyntaxError(`neither Jaeger nor OTLP JSON: ${wanted} was expected near byte ${this.#pos}`);
  }
}

/** Returns true if the byte can be part of a number, true, false or null. */
function isLiteral(c) {
  return c > 0x20 && c !== COMMA && c !== COLON && c !== QUOTE && c !== OPEN && c !== CLOSE
    && c !== LIST_OPEN && c !== LIST_CLOSE;
}
