/** Older than anything: a search of any time begins here, in microseconds since 1970. */
const BEGINNING = 0;

/** How far back a search looks, by Jaeger's names, in seconds. */
export const LOOKBACKS = new Map([
  ['5m', 300], ['15m', 900], ['1h', 3600], ['3h', 10800], ['6h', 21600], ['12h', 43200],
  ['24h', 86400], ['2d', 172800], ['7d', 604800], ['any', Infinity],
]);
export const DEFAULT_LOOKBACK = '1h';
export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 1500;
const DEFAULT_ORDER = 'newest';
/** So far ahead a clock may be for a search of any time. */
const ANY_AHEAD_MICROS = 365 * 86400e6;

/** What the page of search shows of the spans that match. */
export const VIEWS = ['traces', 'spans', 'groups', 'differences'];

/**
 * A search, read from the address of the page. The names are those of Jaeger UI, so that its
 * bookmarks work here: service, operation, tags (JSON), minDuration, maxDuration, limit, and either
 * lookback or start and end in microseconds. `traceID` names traces one by one.
 *
 * Ours are `q`, a query in TraceQL in place of service, operation, tags and durations, `order`, `view`,
 * `column` (a field, as often as there are columns), `by` (fields, for groups), and `chosen`,
 * `chosenFrom` and `chosenTo` (a selector and seconds, for differences).
 */
export function readQuery(parameters) {
  const text = (name) => parameters.get(name) ?? '';
  const lookback = text('lookback');
  const isCustom = lookback === 'custom' || (!LOOKBACKS.has(lookback) && parameters.has('start'));
  return {
    service: text('service'),
    operation: text('operation') === 'all' ? '' : text('operation'),
    tags: tagsOf(text('tags')),
    minDuration: text('minDuration'),
    maxDuration: text('maxDuration'),
    limit: Math.min(MAX_LIMIT, Math.max(1, Number.parseInt(text('limit'), 10) || DEFAULT_LIMIT)),
    lookback: isCustom ? 'custom' : LOOKBACKS.has(lookback) ? lookback : DEFAULT_LOOKBACK,
    start: Number(text('start')) || 0,
    end: Number(text('end')) || 0,
    order: text('order') || DEFAULT_ORDER,
    traceIds: parameters.getAll('traceID'),
    isOfFiles: text('from') === 'files',
    q: text('q'),
    view: VIEWS.includes(text('view')) ? text('view') : VIEWS[0],
    columns: parameters.getAll('column'),
    by: text('by'),
    chosen: text('chosen') ? { selector: text('chosen'), from: Number(text('chosenFrom')) || 0, to: Number(text('chosenTo')) || 0 } : null,
  };
}

/** The same as parameters of the page's address. */
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

/** What the address says of the view alone. */
function viewParameters({ view, columns = [], by, chosen }) {
  return {
    view: view === VIEWS[0] ? null : view, column: columns, by: by || null,
    chosen: chosen?.selector ?? null, chosenFrom: chosen?.from || null, chosenTo: chosen?.to || null,
  };
}

/** How many traces to ask for: an API that knows only the newest is asked for all it gives, to order them. */
const depthOf = ({ limit, order }) => (order === DEFAULT_ORDER ? limit : MAX_LIMIT);

/** What to ask the old API for. */
export function apiParameters(query) {
  const parameters = writeQuery({ ...query, view: VIEWS[0], columns: [], by: '', chosen: null });
  const { start, end } = windowOf(query);
  parameters.delete('order');
  parameters.set('limit', String(depthOf(query)));
  parameters.set('start', String(start));
  parameters.set('end', String(end));
  return parameters;
}

/** The same for the summaries of the new API. */
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
  // Clocks differ: a span from a minute ahead is still new.
  return { start: Math.round(now - LOOKBACKS.get(lookback) * 1e6), end: Math.round(now + 60e6) };
}

/** Microseconds since 1970 in RFC 3339, all six digits of them. */
const isoTime = (micros) => `${new Date(micros / 1e3).toISOString().slice(0, -1)}${String(Math.floor(micros % 1e3)).padStart(3, '0')}Z`;

function tagsOf(json) {
  if (!json) return {};
  try {
    const tags = JSON.parse(json);
    return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)]));
  } catch {
    return {};
  }
}

/** Tags as they are typed: `error=true http.route="/a b"`. Throws what is wrong with them. */
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
