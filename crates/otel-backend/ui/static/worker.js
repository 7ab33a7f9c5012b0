import { noPath } from './critical-path.js';
import { LoadedTrace, numberOf, summarise } from './loaded-trace.js';
import { Scanner } from './scan.js';
import { TagSample } from './tag-sample.js';

/**
 * A trace of so many spans is shown as it comes, when the first of them are there; a shorter one only
 * if it takes longer than this, since to draw it twice takes time, too.
 */
const LONG_SPANS = 5000;
const PREVIEW_SPANS = 60;
const PATIENCE_MS = 200;
/** How often the page is told how far a trace has come. */
const REPORT_MS = 150;

/** Traces by the number the page knows them by. */
const traces = new Map();
let lastHandle = 0;

const methods = {
  /** Fetches a trace: its view, or the error the API answered. */
  load({ api, id, wanted }, progress) {
    const query = queryOf(id, wanted);
    const loading = begun?.query === query ? begun : new Loading(api, query);
    begun = null;
    loading.follow(progress, wanted);
    return loading.answer;
  },

  /** Reads traces from the bytes of a file. */
  async read({ file }) {
    const found = [];
    const scanner = new Scanner((columns, members) => found.push(keep(columns, members, scanner.segments)));
    scanner.push(new Uint8Array(await file.arrayBuffer()));
    scanner.finish();
    return { traces: found };
  },

  /** Fetches traces: a summary of each. */
  search: ({ url }) => fetchTraces(url, () => {}, summarise),

  /** Fetches traces for some of the tags they carry. */
  async tags({ url }) {
    const sample = new TagSample();
    await fetchTraces(url, () => {}, (columns, members, segments) => sample.add(columns, members, segments));
    return sample.tags;
  },

  span: ({ handle, row }) => traces.get(handle).span(row),
  notes: ({ handle, rows }) => rows.map((row) => traces.get(handle)?.note(row) ?? { text: '', many: '' }),
  eventTexts: ({ handle, row }) => traces.get(handle).eventTexts(row),
  locate: ({ handle, spanId }) => traces.get(handle).locate(spanId),
  spanIds: ({ handle, rows }) => traces.get(handle).spanIds(rows),
  find: ({ handle, text }) => traces.get(handle).find(text),
  having: ({ handle, key, value }) => traces.get(handle).having(key, value),
  adjusted: ({ handle }) => traces.get(handle).adjusted(),
  /** Makes the search index ahead of the first search. */
  index({ handle }) {
    traces.get(handle)?.index();
  },
  drop: ({ handle }) => traces.delete(handle),
};

/** What is asked for of a trace; a `wanted` span comes first in the answer. */
function queryOf(id, wanted) {
  const first = /^[0-9a-f]{1,16}$/i.test(wanted) ? `&first=${wanted}` : '';
  return `${encodeURIComponent(id)}?exact=true${first}`;
}

/** A trace on its way. */
class Loading {
  #progress = null;
  #wanted = null;
  #scanner = null;
  /** How many spans will come, or 0 if that is not known. */
  #of = 0;
  #began = performance.now();
  #reported = this.#began;
  #isShown = false;
  /** How many spans were looked through for the one that is wanted. */
  #passed = 0;

  /** `query` is what follows `api`, the address of the traces. */
  constructor(api, query) {
    this.query = query;
    this.answer = this.#load(`${api}${query}`);
  }

  async #load(url) {
    const { error, traces } = await fetchTraces(url, (scanner, of) => this.#come(scanner, of), keep);
    return error ? { error } : traces[0] ?? { error: { status: 404, message: 'trace not found' } };
  }

  /** Tells `progress` how far it has come; `wanted` is the span that the page will go to, if any. */
  follow(progress, wanted) {
    this.#progress = progress;
    this.#wanted = wanted;
    this.#report();
  }

  #come(scanner, of) {
    this.#scanner = scanner;
    this.#of = of;
    this.#report();
  }

  /**
   * Tells how many spans have come, and of how many; and when the whole takes long, what the first look
   * like, and the one that is wanted among those so far. The services are named at the end of a trace,
   * so they are still unknown; so is the critical path.
   */
  #report() {
    const now = performance.now();
    const isLong = this.#of >= LONG_SPANS || now - this.#began > PATIENCE_MS;
    if (!this.#progress || !this.#scanner || this.#scanner.isDone || !isLong) return;
    const { spans, columns } = this.#scanner;
    const hasCome = this.#hasCome(columns);
    if (hasCome || (!this.#isShown && spans >= PREVIEW_SPANS)) {
      this.#isShown = true;
      const trace = new LoadedTrace(columns, {}, [], noPath);
      this.#progress({ spans, of: this.#of, view: trace.view, row: hasCome ? trace.locate(this.#wanted) : -1 });
    } else if (now - this.#reported > REPORT_MS) this.#progress({ spans, of: this.#of });
    else return;
    this.#reported = now;
  }

  /** Whether the span that is wanted is among those that came last. */
  #hasCome(columns) {
    const number = this.#wanted ? numberOf(this.#wanted, columns) : -1;
    const from = this.#passed;
    this.#passed = columns.count;
    return number >= 0 && columns.id.subarray(from, columns.count).includes(number);
  }
}

function keep(columns, members, segments) {
  const trace = new LoadedTrace(columns, members, segments);
  traces.set(++lastHandle, trace);
  return { handle: lastHandle, view: trace.view };
}

/** Calls `progress(scanner, of)` as the answer comes; `of` is how many spans will, or 0 if it does not say. */
async function fetchTraces(url, progress, each) {
  let response;
  try {
    response = await fetch(url, { headers: { accept: 'application/json' } });
  } catch {
    return { error: { status: 0, message: 'the backend does not answer' } };
  }
  if (!response.ok) return { error: await errorOf(response) };
  const found = [];
  const scanner = new Scanner((columns, members) => found.push(each(columns, members, scanner.segments)));
  const of = Number(response.headers.get('span-count'));
  try {
    await scanBody(response.body.getReader(), scanner, () => progress(scanner, of));
  } catch (error) {
    const cut = !(error instanceof SyntaxError);
    return { error: { status: 0, message: cut ? 'the answer was cut off' : error.message } };
  }
  const { code, msg } = scanner.envelope.errors?.[0] ?? {};
  if (found.length === 0 && msg) return { error: { status: code ?? 404, message: msg } };
  return { traces: found };
}

async function scanBody(reader, scanner, progress) {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    scanner.push(value);
    progress();
  }
  scanner.finish();
}

async function errorOf(response) {
  const text = await response.text();
  try {
    return { status: response.status, message: JSON.parse(text).errors[0].msg };
  } catch {
    return { status: response.status, message: text.slice(0, 300).trim() || response.statusText };
  }
}

/** The trace that the page will ask for first, until it does; see early.js. */
let begun = null;
if (location.hash) {
  const [id, wanted] = location.hash.slice(1).split('/');
  begun = new Loading(new URL('../../api/traces/', location).href, queryOf(id, wanted));
}

self.addEventListener('message', async ({ data: { call, method, parameters } }) => {
  const progress = (report) => self.postMessage({ call, progress: report });
  try {
    self.postMessage({ call, result: await methods[method](parameters, progress) });
  } catch (error) {
    self.postMessage({ call, failure: error.message });
  }
});
