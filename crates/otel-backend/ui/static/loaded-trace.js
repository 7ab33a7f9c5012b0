import { withoutSkew } from './clock-skew.js';
import { CYCLE, DUPLICATE, EARLY, ENDLESS, ERROR, KIND, KINDS, ORPHAN, UNPLACED } from './columns.js';
import { criticalPath, noPath } from './critical-path.js';
import { outsideCalls } from './outside-calls.js';
import { SearchIndex } from './search-index.js';
import { similarSiblings } from './similar.js';
import { SpanTexts } from './span-texts.js';
import { arrange, selfTimes } from './tree.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The most events that a note beside a bar describes. */
const NOTED_EVENTS = 8;
const NOTE_LENGTH = 160;
const EVENT_LENGTH = 400;
/** The most spans with a link to another that are listed. */
const MAX_LINKED = 100;

/** A trace in the worker: its bytes, and the position of each row of the waterfall in them. */
export class LoadedTrace {
  #columns;
  #texts;
  #members;
  #order;
  #view;
  #index = null;
  #path;

  /** `path` computes the critical path of a tree, if it is needed. */
  constructor(columns, members, segments, path = criticalPath) {
    this.#columns = columns;
    this.#members = members;
    this.#texts = new SpanTexts(columns, segments);
    this.#path = path;
    const tree = arrange(columns);
    this.#order = tree.order;
    const { services, service } = this.#services(tree);
    this.#view = {
      id: members.traceID ?? '',
      /** The base of all times, in microseconds since 1970. */
      epoch: columns.epoch,
      services,
      service,
      operations: textsOf(columns.operations, columns.operations.size),
      warnings: members.warnings ?? [],
      ...tree,
      ...counts(tree),
      leader: similarSiblings({ ...tree, service }),
      ...timesOf(tree, path),
    };
  }

  /** All the data that the page draws; everything in it can be posted. */
  get view() {
    return this.#view;
  }

  /** Takes whole spans to replace outlines: those of `columns` that have arrived since the last call. */
  take(columns, segments) {
    this.#texts.take(columns, segments);
  }

  /** Returns true if the whole span of a row has been taken. */
  isWhole(row) {
    return this.#texts.hasCome(this.#order[row]);
  }

  /** The JSON of a row's span, as the API sent it. */
  json(row) {
    const [bytes, from, to] = this.#texts.get(this.#order[row]);
    return decoder.decode(bytes.subarray(from, to));
  }

  /** A row's span and the process it ran in. */
  span(row) {
    const json = this.json(row);
    const process = this.#processNames()[this.#view.process[row]];
    return { json, span: JSON.parse(json), process: this.#members.processes?.[process] ?? null, linkedFrom: this.#linkedFrom(row) };
  }

  /** The spans of the trace with a link to this one. */
  #linkedFrom(row) {
    const { links, ids, id } = this.#columns;
    const own = id[this.#order[row]];
    const found = links.filter(([, to]) => to === own).map(([from]) => from);
    return found.slice(0, MAX_LINKED).map((i) => ({ row: this.#order.indexOf(i), spanID: decoder.decode(ids.get(id[i])) }));
  }

  /** Describes a row's status and events in one line, and the note if there are many similar ones. */
  note(row) {
    const { tags, logs } = JSON.parse(this.json(row));
    const isQuery = (tags ?? []).some(({ key }) => /^db\./.test(key));
    return { text: noteOf(tags, logs), many: isQuery ? 'the same query per item (N+1)?' : '' };
  }

  /** Describes each event of a row in a line. */
  eventTexts(row) {
    const { logs } = JSON.parse(this.json(row));
    return (logs ?? []).map(({ fields = [] }) => {
      const rest = fields.filter(({ key }) => key !== 'event' && key !== 'exception.stacktrace').map(({ key, value }) => `${key}=${value}`);
      return [valueOf(fields, 'event') || 'log', ...rest].join('  ').replace(/\s+/g, ' ').slice(0, EVENT_LENGTH);
    });
  }

  /** The row of the span with that id, or -1. The id may lack leading zeros. */
  locate(spanId) {
    const { id } = this.#columns;
    const number = numberOf(spanId, this.#columns);
    return number < 0 ? -1 : this.#order.findIndex((i) => id[i] === number);
  }

  spanIds(rows) {
    const { ids, id } = this.#columns;
    return Array.from(rows, (row) => {
      const number = id[this.#order[row]];
      return number < 0 ? '' : decoder.decode(ids.get(number));
    });
  }

  /** The rows with the text, in upper or lower case, ascending. */
  find(text) {
    const expression = new RegExp(escaped(text), 'gi');
    const operations = this.#view.operations.map((name) => name.search(expression) >= 0);
    return this.#matching(expression, operations);
  }

  /** The rows with exactly that attribute. */
  having(key, value) {
    return this.#matching(new RegExp(`^${escaped(`${key}=${value}`)}$`, 'gm'), []);
  }

  #matching(expression, operations) {
    const hits = new Uint8Array(this.#view.count);
    const processes = this.#processes().map((text) => text.search(expression) >= 0);
    const { operation, process } = this.#view;
    for (let row = 0; row < hits.length; row++) {
      if (operations[operation[row]] || processes[process[row]]) hits[row] = 1;
    }
    this.index().match(expression, (row) => {
      hits[row] = 1;
    });
    const rows = [];
    for (let row = 0; row < hits.length; row++) if (hits[row]) rows.push(row);
    return Int32Array.from(rows);
  }

  /** The view with the times that synchronous clocks would have given. */
  adjusted() {
    return { ...this.#view, ...timesOf(withoutSkew(this.#view), this.#path), isAdjusted: true };
  }

  /**
   * The data for joining traces: the spans that sent messages, and the links of those that received
   * them.
   */
  messages() {
    const { flags, services, service, duration } = this.#view;
    const sent = [];
    const taken = [];
    for (let row = 0; row < flags.length; row++) {
      const kind = KINDS[flags[row] & KIND];
      if (kind !== 'producer' && kind !== 'consumer') continue;
      const { name } = services[service[row]];
      const { spanID, references = [] } = JSON.parse(this.json(row));
      if (kind === 'producer') sent.push({ spanID, service: name });
      else for (const reference of references) if (reference.traceID !== this.#view.id) taken.push({ spanID: reference.spanID, service: name, duration: duration[row], error: (flags[row] & ERROR) !== 0 });
    }
    return { sent, taken };
  }

  index() {
    if (this.#index) return this.#index;
    const { ids, id } = this.#columns;
    const none = new Uint8Array(0);
    this.#index = new SearchIndex();
    for (const i of this.#order) this.#index.add(id[i] < 0 ? none : ids.get(id[i]), ...this.#texts.get(i));
    this.#index.finish();
    return this.#index;
  }

  /** The searchable text of each process. */
  #processes() {
    return this.#processNames().map((name) => {
      const { serviceName = '', tags } = this.#members.processes?.[name] ?? {};
      return [serviceName, ...(tags ?? []).map(({ key, value }) => `${key}=${value}`)].join('\n');
    });
  }

  #processNames() {
    return textsOf(this.#columns.processes, this.#columns.processes.size);
  }

  /** The services in the order of the rows, and each row's service. */
  #services({ count, process, flags }) {
    const names = this.#processNames();
    const services = [];
    const byName = new Map();
    const ofProcess = new Map();
    const service = new Int32Array(count);
    for (let row = 0; row < count; row++) {
      let index = ofProcess.get(process[row]);
      if (index === undefined) {
        const name = this.#members.processes?.[names[process[row]]]?.serviceName ?? '';
        index = byName.get(name) ?? services.push({ name, spans: 0, errors: 0 }) - 1;
        byName.set(name, index);
        ofProcess.set(process[row], index);
      }
      service[row] = index;
      services[index].spans++;
      if (flags[row] & ERROR) services[index].errors++;
    }
    return { services, service };
  }
}

/** The number of a span id, whether there is such a span or not; -1 if the text is not an id. */
export function numberOf(spanId, { ids }) {
  const bytes = encoder.encode(spanId.toLowerCase().padStart(16, '0'));
  return /^[0-9a-f]{1,16}$/i.test(spanId) ? ids.intern(bytes, 0, bytes.length) : -1;
}

function noteOf(tags, logs) {
  const status = valueOf(tags, 'otel.status_description');
  const events = (logs ?? []).slice(0, NOTED_EVENTS).map(({ fields }) => {
    const details = ['exception.type', 'exception.message', 'message'].map((key) => valueOf(fields, key));
    return [valueOf(fields, 'event'), ...details].filter(Boolean).join(': ');
  });
  const text = [...new Set([status, ...events])].filter(Boolean).join(' · ').replace(/\s+/g, ' ');
  return text.length > NOTE_LENGTH ? `${text.slice(0, NOTE_LENGTH)}…` : text;
}

const valueOf = (tags, wanted) => String(tags?.find(({ key }) => key === wanted)?.value ?? '');

/**
 * The summary of a trace for the list of results, and the calls between its services and to the
 * outside.
 */
export function summarise(columns, members, segments) {
  const trace = new LoadedTrace(columns, members, segments, noPath);
  const { view } = trace;
  const { id, epoch, services, count, begin, end, errors, root, orphans } = view;
  const name = root < 0 ? '' : view.operations[view.operation[root]] ?? '';
  const service = root < 0 ? '' : services[view.service[root]].name;
  return { id, services, spans: count, begin: epoch + begin, duration: end - begin, errors, orphans, name, service, hasRoot: root >= 0, calls: [...callsBetween(view), ...outsideCalls(view, (row) => JSON.parse(trace.json(row)))], ...trace.messages() };
}

/** The spans whose parent belongs to another service. */
function callsBetween({ count, parent, service, services, duration, flags }) {
  const calls = [];
  for (let row = 0; row < count; row++) {
    const caller = parent[row] < 0 ? -1 : service[parent[row]];
    if (caller < 0 || caller === service[row]) continue;
    calls.push({
      parent: services[caller].name, child: services[service[row]].name,
      duration: duration[row], error: (flags[row] & ERROR) !== 0,
    });
  }
  return calls;
}

/** The strings of an interner, in the form of the JSON, with escapes not yet decoded. */
function textsOf(interner, size) {
  return Array.from({ length: size }, (_, i) => {
    const text = decoder.decode(interner.get(i));
    return text.includes('\\') ? JSON.parse(`"${text}"`) : text;
  });
}

/** Computes what depends on the times of a tree's spans. */
function timesOf(tree, path) {
  return { ...tree, ...extent(tree), self: selfTimes(tree), ...path(tree) };
}

const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function extent({ count, start, duration, depth }) {
  let begin = Infinity;
  let end = -Infinity;
  let levels = 0;
  for (let row = 0; row < count; row++) {
    begin = Math.min(begin, start[row]);
    end = Math.max(end, start[row] + Math.max(0, duration[row]));
    levels = Math.max(levels, depth[row] + 1);
  }
  return count ? { begin, end, levels } : { begin: 0, end: 0, levels: 0 };
}

function counts({ count, parent, flags }) {
  const result = { errors: 0, orphans: 0, duplicates: 0, early: 0, cycles: 0, unplaced: 0, endless: 0, roots: 0, root: count ? 0 : -1 };
  let hasRoot = false;
  for (let row = 0; row < count; row++) {
    if (flags[row] & ERROR) result.errors++;
    if (flags[row] & ORPHAN) result.orphans++;
    if (flags[row] & DUPLICATE) result.duplicates++;
    if (flags[row] & EARLY) result.early++;
    if (flags[row] & CYCLE) result.cycles++;
    if (flags[row] & UNPLACED) result.unplaced++;
    if (flags[row] & ENDLESS) result.endless++;
    if (parent[row] >= 0) continue;
    result.roots++;
    if (!hasRoot && !(flags[row] & (ORPHAN | CYCLE))) {
      hasRoot = true;
      result.root = row;
    }
  }
  return result;
}
