import { Interner, doubled } from './interner.js';

/** The flags of a span, as bits. The lowest three hold its kind, an index into KINDS. */
export const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
export const KIND = 7;
export const ERROR = 8;
export const WARNED = 16;
/** The parent is not in the trace. */
export const ORPHAN = 32;
/** The span shares its id with another span of the trace. */
export const DUPLICATE = 64;
/** The span is its own ancestor; it is shown as a root. */
export const CYCLE = 128;
/** The span begins before its parent. */
export const EARLY = 256;
/** A part of the span is on the critical path. */
export const CRITICAL = 512;
/**
 * The span was sent without a start, or with one that is years from the others'; it is placed at its
 * parent.
 */
export const UNPLACED = 1024;
/** The span was sent without an end. */
export const ENDLESS = 2048;
/** The span has no parent and is placed below the first span that it is linked to. */
export const FOLLOWS = 4096;

/** The spans of one trace in the order of the answer: one typed array per field. */
export class Columns {
  count = 0;
  /**
   * The first time that was read, in microseconds since 1970. All others are relative to it, since a
   * number cannot hold both the years and the nanoseconds.
   */
  epoch = 0;
  events = 0;
  /** NaN if none was sent. */
  start = new Float64Array(64);
  duration = new Float64Array(64);
  id = new Int32Array(64);
  /** The interned id of the parent, or -1. */
  parentId = new Int32Array(64);
  operation = new Int32Array(64);
  process = new Int32Array(64);
  flags = new Uint16Array(64);
  /** The position of the span's JSON: [from, to) of one of the scanner's segments. */
  segment = new Uint16Array(64);
  from = new Int32Array(64);
  to = new Int32Array(64);
  /** The end of the span's part of `eventTime`. */
  eventsEnd = new Int32Array(64);
  eventTime = new Float64Array(64);
  /** Pairs of a span and the interned id of a linked span in the same trace. */
  links = [];
  ids = new Interner();
  operations = new Interner();
  processes = new Interner();

  /** Resets the next span, which an interrupted scan may have filled partly. */
  begin() {
    if (this.count === this.start.length) this.#grow();
    const i = this.count;
    this.duration[i] = this.flags[i] = 0;
    this.start[i] = NaN;
    this.id[i] = this.parentId[i] = this.operation[i] = this.process[i] = -1;
    this.events = i === 0 ? 0 : this.eventsEnd[i - 1];
    return i;
  }

  addEvent(time) {
    if (this.events === this.eventTime.length) this.eventTime = doubled(this.eventTime);
    this.eventTime[this.events++] = time;
  }

  commit(segment, from, to) {
    const i = this.count++;
    this.segment[i] = segment;
    this.from[i] = from;
    this.to[i] = to;
    this.eventsEnd[i] = this.events;
  }

  #grow() {
    for (const name of Object.keys(this)) {
      if (name !== 'eventTime' && ArrayBuffer.isView(this[name])) this[name] = doubled(this[name]);
    }
  }
}
