import { LATEST_SECONDS } from './backend.js';

/** The start of a search without a time limit, in microseconds since 1970. */
const BEGINNING = 0;

/** The lookbacks of a search by Jaeger's names, in seconds. */
export const LOOKBACKS = new Map([
  ['5m', 300], ['15m', 900], ['1h', 3600], ['3h', 10800], ['6h', 21600], ['12h', 43200],
  ['24h', 86400], ['2d', 172800], ['7d', 604800], ['any', Infinity],
]);
export const LOOKBACK_NAMES = {
  '5m': 'Last 5 minutes', '15m': 'Last 15 minutes', '1h': 'Last hour', '3h': 'Last 3 hours', '6h': 'Last 6 hours',
  '12h': 'Last 12 hours', '24h': 'Last 24 hours', '2d': 'Last 2 days', '7d': 'Last 7 days', any: 'Any time', custom: 'Custom range…',
};
export const DEFAULT_LOOKBACK = '1h';
export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 1500;
const DEFAULT_ORDER = 'newest';
const ORDERS = ['newest', 'longest', 'shortest', 'spans', 'errors', 'longest-span'];
/** The largest clock difference into the future that a search without a time limit includes. */
const ANY_AHEAD_MICROS = 365 * 86400e6;

/** The views of the matching spans on the search page. */
export const VIEWS = ['traces', 'spans', 'groups', 'differences'];

/**
 * Reads a search from the address of the page. The names are those of Jaeger UI, so that its bookmarks
 * work: service, operation, tags (JSON), minDuration, maxDuration, limit, and either lookback or start
 * and end in microseconds. `traceID` gives individual traces.
 *
 * Our own are `q`, a TraceQL query in place of service, operation, tags and durations, `order`,
 * `view`, `column` (a field, repeated for several columns), `by` (fields, for groups), and `chosen`,
 * `chosenFrom` and `chosenTo` (a selector and seconds, for differences).
 */
export function readQuery(parameters) {
  const text = (name) => parameters.get(name) ?? '';
  const lookback = text('lookback');
  const times = ['start', 'end'].map((name) => Math.max(0, Math.min(LATEST_SECONDS * 1e6, Number(text(name)) || 0)));
  const [start, end] = times[1] ? times.sort((a, b) => a - b) : times;
  const isCustom = lookback === 'custom' || (!LOOKBACKS.has(lookback) && parameters.has('start'));
  return {
    service: text('service'),
    operation: text('operation') === 'all' ? '' : text('operation'),
    tags: tagsOf(text('tags')),
    minDuration: text('minDuration'),
    maxDuration: text('maxDuration'),
    limit: Math.min(MAX_LIMIT, Math.max(1, Number.parseInt(text('limit'), 10) || DEFAULT_LIMIT)),
    lookback: isCustom ? 'custom' : LOOKBACKS.has(lookback) ? lookback : DEFAULT_LOOKBACK,
    start,
    end,
    order: ORDERS.includes(text('order')) ? text('order') : DEFAULT_ORDER,
    traceIds: parameters.getAll('traceID'),
    isOfFiles: text('from') === 'files',
    q: text('q'),
    view: VIEWS.includes(text('view')) ? text('view') : VIEWS[0],
    columns: parameters.getAll('column'),
    by: text('by'),
    chosen: text('chosen') ? { selector: text('chosen'), from: Number(text('chosenFrom')) || 0, to: Number(text('chosenTo')) || 0 } : null,
  };
}

/** Writes a search as parameters of the page's address. */
export function writeQuery(query) {
  const parameters = new URLSearchParams();
  const set = (name, value) => value && parameters.set(name, value);
  if (query.q) set('q', query.q);
  else {
    set('service', query.service);
    set('operation', query.operation);
    if (Object.keys(query.tags).length) set('tags', JSON.stringify(query.tags));
    set('minDuration', query.minDuration);
    set('maxDuration', query.maxDuration);
  }
  if (!query.q || query.limit !== DEFAULT_LIMIT) set('limit', String(query.limit));
  set('lookback', query.lookback);
  if (query.order !== DEFAULT_ORDER) set('order', query.order);
  if (query.lookback === 'custom') {
    set('start', String(query.start));
    set('end', String(query.end));
  }
  for (const [name, value] of Object.entries(viewParameters(query))) for (const one of [value].flat()) if (one) parameters.append(name, one);
  return parameters;
}

/** The parameters that only affect the view. */
function viewParameters({ view, columns = [], by, chosen }) {
  return {
    view: view === VIEWS[0] ? null : view, column: columns, by: by || null,
    chosen: chosen?.selector ?? null, chosenFrom: chosen?.from || null, chosenTo: chosen?.to || null,
  };
}

/**
 * The number of traces to request: an API that knows only the newest must return all it can, to be
 * ordered here.
 */
const depthOf = ({ limit, order }) => (order === DEFAULT_ORDER ? limit : MAX_LIMIT);

/** The parameters for the old API. */
export function apiParameters(query) {
  const parameters = writeQuery({ ...query, view: VIEWS[0], columns: [], by: '', chosen: null });
  const { start, end } = windowOf(query);
  parameters.delete('order');
  parameters.set('limit', String(depthOf(query)));
  parameters.set('start', String(start));
  parameters.set('end', String(end));
  return parameters;
}

/** The parameters for the summaries of the v3 API. */
export function summaryParameters(query) {
  const { start, end } = windowOf(query);
  const parameters = new URLSearchParams({
    'query.startTimeMin': isoTime(start), 'query.startTimeMax': isoTime(end), 'query.searchDepth': depthOf(query),
  });
  const set = (name, value) => value && parameters.set(`query.${name}`, value);
  set('serviceName', query.service);
  set('operationName', query.operation);
  set('durationMin', query.minDuration);
  set('durationMax', query.maxDuration);
  if (Object.keys(query.tags).length) set('attributes', JSON.stringify(query.tags));
  return parameters;
}

function windowOf({ lookback, start, end }) {
  const now = Date.now() * 1000;
  if (lookback === 'custom') return { start, end: end || now };
  if (lookback === 'any') return { start: BEGINNING, end: now + ANY_AHEAD_MICROS };
  // Clocks differ, so a span from a minute ahead still counts as new.
  return { start: Math.round(now - LOOKBACKS.get(lookback) * 1e6), end: Math.round(now + 60e6) };
}

/** Microseconds since 1970 in RFC 3339, all six digits of them. */
const isoTime = (micros) => `${new Date(micros / 1e3).toISOString().slice(0, -1)}${String(Math.floor(micros % 1e3)).padStart(3, '0')}Z`;

function tagsOf(json) {
  if (!json) return {};
  try {
    const tags = JSON.parse(json);
    return Array.isArray(tags) ? {} : Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)]));
  } catch {
    return {};
  }
}

/** Parses typed tags: `error=true http.route="/a b"`. Throws a description of the error. */
export function parseTags(text) {
  const tags = {};
  const pattern = /\s*([^\s="<>!~]+)=("(?:[^"\\]|\\.)*"|[^\s~]\S*|)(?=\s|$)/y;
  while (pattern.lastIndex < text.trimEnd().length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) {
      const [word] = /\S+/.exec(text.slice(at));
      throw new SyntaxError(`"${word}" is not key=value. Example: http.route=/cart`);
    }
    tags[match[1]] = match[2].startsWith('"') ? JSON.parse(match[2]) : match[2];
  }
  return tags;
}

export function formatTags(tags) {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value === '' || /[\s"]/.test(value) ? JSON.stringify(value) : value}`)
    .join(' ');
}
