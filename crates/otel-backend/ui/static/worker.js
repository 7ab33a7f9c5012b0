import { fetchTraces } from './fetch-traces.js';
import { LoadedTrace, summarise } from './loaded-trace.js';
import { Loading } from './loading.js';
import { Scanner } from './scan.js';
import { TagSample } from './tag-sample.js';
import { WholeSpans } from './whole-spans.js';

/** Traces by the number the page knows them by, each with its spans in whole, if those are still to be read. */
const traces = new Map();
let lastHandle = 0;

const methods = {
  /** Fetches a trace; returns its view, or the API's error. */
  load({ api, id, wanted }, progress) {
    const loading = begun?.url === urlOf(api, id, wanted, 'outline') ? begun : load(api, id, wanted);
    begun = null;
    loading.follow(progress, wanted);
    return loading.answer;
  },

  /** Reads traces from the bytes of a file. */
  async read({ file }) {
    const found = [];
    const scanner = new Scanner((columns, members) => found.push(keep(new LoadedTrace(columns, members, scanner.segments))));
    scanner.push(new Uint8Array(await file.arrayBuffer()));
    scanner.finish();
    return { traces: found };
  },

  /** Fetches traces; returns a summary of each. */
  search: ({ url }) => fetchAll(url, summarise),

  /** Fetches traces; returns some of their tags. */
  async tags({ url }) {
    const sample = new TagSample();
    await fetchTraces(url, (columns, members, segments) => sample.add(columns, members, segments));
    return sample.tags;
  },

  notes: ({ handle, rows }) => rows.map((row) => traces.get(handle)?.trace.note(row) ?? { text: '', many: '' }),
  locate: ({ handle, spanId }) => traces.get(handle).trace.locate(spanId),
  spanIds: ({ handle, rows }) => traces.get(handle).trace.spanIds(rows),
  adjusted: ({ handle }) => traces.get(handle).trace.adjusted(),

  span: async ({ handle, row }) => (await withSpan(handle, row)).span(row),
  eventTexts: async ({ handle, row }) => (await withSpan(handle, row)).eventTexts(row),
  find: async ({ handle, text }) => (await inWhole(handle)).find(text),
  having: async ({ handle, key, value }) => (await inWhole(handle)).having(key, value),
  /** Makes the search index ahead of the first search. */
  async index({ handle }) {
    if (traces.has(handle)) (await inWhole(handle)).index();
  },

  drop({ handle }) {
    traces.get(handle)?.spans?.drop();
    traces.delete(handle);
  },
};

async function fetchAll(url, each) {
  const { error, traces: found } = await fetchTraces(url, each);
  return error ? { error } : { traces: found };
}

/** `detail` is "outline" or "exact"; a `wanted` span comes first in the answer. */
function urlOf(api, id, wanted, detail) {
  const first = /^[0-9a-f]{1,16}$/i.test(wanted) ? `&first=${wanted}` : '';
  return `${api}${encodeURIComponent(id)}?${detail}=true${first}`;
}

/**
 * Begins to load a trace; `answer`, if given, is or becomes the answer with it, or `null`. A backend that says
 * how many spans will come has answered with outlines.
 */
function load(api, id, wanted, answer = null) {
  return new Loading(urlOf(api, id, wanted, 'outline'), answer, (trace, of) =>
    keep(trace, of > 0 ? new WholeSpans(trace, (spanId) => urlOf(api, id, spanId, 'exact')) : null));
}

function keep(trace, spans = null) {
  traces.set(++lastHandle, { trace, spans });
  return { handle: lastHandle, view: trace.view };
}

/** A trace, when all of its spans are there in whole. */
async function inWhole(handle) {
  const { trace, spans } = traces.get(handle);
  await spans?.all();
  return trace;
}

/** A trace, when that span is there in whole. */
async function withSpan(handle, row) {
  const { trace, spans } = traces.get(handle);
  await spans?.of(row);
  return trace;
}

/** Called with the answer that the page has begun to receive, or `null`. */
let takeAnswer = () => {};
/** The trace that the page will request first, until it does; see early.js. */
let begun = null;
if (location.hash) {
  const [id, wanted] = location.hash.slice(1).split('/');
  const answer = new Promise((resolve) => (takeAnswer = resolve));
  begun = load(new URL('../../api/traces/', location).href, id, wanted, answer);
}

self.addEventListener('message', async ({ data: { call, method, parameters, answer, spans } }) => {
  if (answer !== undefined) {
    takeAnswer(answer && new Response(answer, { headers: { 'span-count': spans } }));
    return;
  }
  const progress = (report) => self.postMessage({ call, progress: report });
  try {
    self.postMessage({ call, result: await methods[method](parameters, progress) });
  } catch (error) {
    self.postMessage({ call, failure: error.message });
  }
});
