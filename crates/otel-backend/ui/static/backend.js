import { coloursOf } from './palette.js';
import { patientFetch } from './patient-fetch.js';
import { apiUrl, tempoUrl } from './route.js';

/** The latest time that Tempo's API can be asked for, in seconds since 1970: in the year 2106. */
export const LATEST_SECONDS = 2 ** 32 - 1;

export const UNREACHABLE = { status: 0, message: 'the backend does not answer' };

/** Started by early.js if the address names a trace, otherwise when it is needed. */
let worker = null;
const calls = new Map();
let lastCall = 0;

/** Starts the worker, so that it is ready when a trace is opened. */
export function startWorker() {
  if (worker) return;
  worker = self.worker ?? new Worker('static/worker.js', { type: 'module' });
  worker.addEventListener('message', ({ data }) => receive(data));
  worker.addEventListener('error', ({ message }) => message === undefined && giveUp());
}

/** The worker's script could not be loaded; the next request starts it again. */
function giveUp() {
  worker = self.worker = null;
  for (const { resolve } of calls.values()) resolve({ error: UNREACHABLE });
  calls.clear();
}

function receive({ call, result, failure, progress }) {
  const waiting = calls.get(call);
  if (progress !== undefined) {
    waiting.progress?.(progress);
    return;
  }
  calls.delete(call);
  if (failure === undefined) waiting.resolve(result);
  else waiting.reject(new Error(failure));
}

function ask(method, parameters, progress) {
  const call = ++lastCall;
  startWorker();
  worker.postMessage({ call, method, parameters });
  return new Promise((resolve, reject) => calls.set(call, { resolve, reject, progress }));
}

/**
 * A trace: the data for its waterfall is here (one typed array per field, a row per span, in the order
 * of the tree); the rest stays in the worker and is requested when needed.
 */
export class Trace {
  constructor({ handle, view }) {
    this.handle = handle;
    Object.assign(this, view);
    /** The number of each service's colour. */
    this.colours = coloursOf(this.services.map(({ name }) => name));
  }

  /** `{ json, span, process }` of a row. */
  span(row) {
    return ask('span', { handle: this.handle, row });
  }

  /** Describes each event of a row in a line. */
  eventTexts(row) {
    return ask('eventTexts', { handle: this.handle, row });
  }

  locate(spanId) {
    return ask('locate', { handle: this.handle, spanId });
  }

  spanIds(rows) {
    return ask('spanIds', { handle: this.handle, rows });
  }

  /** Describes the events and the status of these rows, in a line each. */
  notes(rows) {
    return ask('notes', { handle: this.handle, rows });
  }

  /** The rows with exactly that attribute: of the span, of its events or of its resource. */
  having(key, value) {
    return ask('having', { handle: this.handle, key, value });
  }

  /** The same trace with the times that synchronous clocks would have given. */
  async adjusted() {
    const { handle, file, isLocal } = this;
    return Object.assign(new Trace({ handle, view: await ask('adjusted', { handle }) }), { file, isLocal, original: this });
  }

  find(text) {
    return ask('find', { handle: this.handle, text });
  }

  /** Reads what a first search needs, ahead of it; one that fails is tried again by the search. */
  prepareFind() {
    return ask('index', { handle: this.handle }).catch(() => {});
  }

  drop() {
    return ask('drop', { handle: this.handle });
  }
}

const fromFiles = new Map();

/** The trace of that id that was read from a file, if any. */
export const localTrace = (id) => fromFiles.get(id);
export const localTraces = () => [...fromFiles.values()];

/** Reads the traces of a file. */
export async function readFile(file) {
  const { asJaegerJson } = await import('./file-formats.js');
  const { traces, error } = await ask('read', { file: await asJaegerJson(file) });
  if (error) throw new Error(error.message);
  const found = traces.filter(({ view }) => view.count > 0).map((answer) => Object.assign(new Trace(answer), { isLocal: true, file: file.name }));
  for (const trace of found) fromFiles.set(trace.id, trace);
  return found;
}

/**
 * Loads a trace; returns `{ error: { status, message } }` on failure, with status 0 if the backend
 * does not answer. While a long trace is loading, `progress({ spans, of, view, row })` is called; `of`
 * is the expected number of spans, if known. A `view` shows the spans so far: the first ones, and
 * again when the `wanted` span has arrived, in that `row`.
 */
export async function loadTrace(id, progress, wanted = null) {
  const answer = await ask('load', { api: apiUrl('traces/'), id, wanted }, progress);
  return answer.error ? answer : new Trace(answer);
}

/** Summaries of the traces of an answer of the old API, each with its calls between services. */
export function summariseTraces(parameters) {
  return ask('search', { url: apiUrl(`traces?${parameters}`) });
}

/** Some of the tags of these traces' spans: `[key, value]`. */
export async function tagsOf(ids) {
  const tags = await ask('tags', { url: apiUrl(`traces?${byIds(ids)}`) });
  return tags.error ? [] : tags;
}

export const byIds = (ids) => new URLSearchParams(ids.map((id) => ['traceID', id]));

/** A short answer of the API, `{ body }`, or an error. */
export async function getJson(path) {
  const { text, error } = await getText(apiUrl(path));
  try {
    const body = JSON.parse(text ?? error.message);
    if (!error) return { body };
    return { error: { status: error.status, message: body.errors?.[0]?.msg ?? body.error?.message ?? `status ${error.status}` } };
  } catch {
    return { error: error ?? { status: 200, message: 'the answer is not JSON' } };
  }
}

/** A refusal that says where in the query it is. */
const PLACE = /parse error at line (\d+), col (\d+): (.*)/s;

/**
 * An answer of Tempo's API, which Jaeger does not have, or `{ error: { status, message, line, column } }`: line
 * and column, from 1, are those of a query that cannot be read.
 */
export async function askTempo(path, parameters, signal) {
  const { text, error } = await getText(tempoUrl(`${path}?${new URLSearchParams(parameters)}`), signal);
  try {
    return error ? { error: refusal(error.status, error.message) } : JSON.parse(text);
  } catch {
    return { error: { status: 200, message: 'the answer is not JSON' } };
  }
}

export function refusal(status, text) {
  const message = text.replace(/^(invalid TraceQL query|compiling query): /, '');
  const [, line, column, reason] = PLACE.exec(message) ?? [];
  return line ? { status, message: reason, line: Number(line), column: Number(column) } : { status, message };
}

/** `{ text }`, or an error with what was said in its place; one whose status is 0 for none. */
async function getText(url, signal) {
  try {
    const response = await patientFetch(url, { headers: { accept: 'application/json' }, signal });
    const text = await response.text();
    if (response.ok) return { text };
    return { error: { status: response.status, message: text.trim().slice(0, 2000) || response.statusText || `status ${response.status}` } };
  } catch {
    return { error: UNREACHABLE };
  }
}

/** The `data` of an answer of the old API, or an error. */
export async function getData(path) {
  const { body, error } = await getJson(path);
  return error ? { error } : { data: body.data ?? [] };
}

export const getServices = () => getData('services');
export const getOperations = (service) => getData(`services/${encodeURIComponent(service)}/operations`);
