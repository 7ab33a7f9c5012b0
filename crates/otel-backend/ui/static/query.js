/** How far back a search looks, by Jaeger's names, in seconds. */
export const LOOKBACKS = new Map([
  ['5m', 300], ['15m', 900], ['1h', 3600], ['3h', 10800], ['6h', 21600], ['12h', 43200],
  ['24h', 86400], ['2d', 172800], ['7d', 604800],
]);
export const DEFAULT_LOOKBACK = '1h';
export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 1500;

/**
 * A search, read from the address of the page. The names are those of Jaeger UI, so that its
 * bookmarks work here: service, operation, tags (JSON), minDuration, maxDuration, limit, and either
 * lookback or start and end in microseconds.
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
  };
}

/** The same as parameters of the page's address. */
export function writeQuery(query) {
  const parameters = new URLSearchParams();
  const set = (name, value) => value && parameters.set(name, value);
  set('service', query.service);
  set('operation', query.operation);
  if (Object.keys(query.tags).length) set('tags', JSON.stringify(query.tags));
  set('minDuration', query.minDuration);
  set('maxDuration', query.maxDuration);
  set('limit', String(query.limit));
  set('lookback', query.lookback);
  if (query.lookback === 'custom') {
    set('start', String(query.start));
    set('end', String(query.end));
  }
  return parameters;
}

/** What to ask the old API for; `since`, in microseconds, narrows it to what is newer. */
export function apiParameters(query, since = 0) {
  const parameters = writeQuery(query);
  const { start, end } = windowOf(query, since);
  parameters.set('start', String(start));
  parameters.set('end', String(end));
  return parameters;
}

/** The same for the summaries of the new API. */
export function summaryParameters(query, since = 0) {
  const { start, end } = windowOf(query, since);
  const parameters = new URLSearchParams({
    'query.startTimeMin': isoTime(start), 'query.startTimeMax': isoTime(end), 'query.searchDepth': query.limit,
  });
  const set = (name, value) => value && parameters.set(`query.${name}`, value);
  set('serviceName', query.service);
  set('operationName', query.operation);
  set('durationMin', query.minDuration);
  set('durationMax', query.maxDuration);
  if (Object.keys(query.tags).length) set('attributes', JSON.stringify(query.tags));
  return parameters;
}

function windowOf({ lookback, start, end }, since) {
  const now = Date.now() * 1000;
  if (lookback === 'custom') return { start, end: end || now };
  // Clocks differ: a span from a minute ahead is still new.
  return { start: Math.round(Math.max(since, now - LOOKBACKS.get(lookback) * 1e6)), end: Math.round(now + 60e6) };
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
  const pattern = /\s*([^\s="]+)=("(?:[^"\\]|\\.)*"|\S*)(?=\s|$)/y;
  while (pattern.lastIndex < text.trimEnd().length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) throw new SyntaxError(`not key=value: ${text.slice(at).trim()}`);
    tags[match[1]] = match[2].startsWith('"') ? JSON.parse(match[2]) : match[2];
  }
  return tags;
}

export function formatTags(tags) {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value === '' || /[\s"]/.test(value) ? JSON.stringify(value) : value}`)
    .join(' ');
}

/** Whether the API reads that as a duration: "1.2s", "100ms", "10 us", "1h30m". */
export const isDuration = (text) => /^(\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h)\s*)+$/.test(text);
