/**
 * Addresses, the same as Jaeger's: /search?service=…, /trace/{id}?uiFind=…, /trace/{a}...{b},
 * /service/{name}, /logs, /dependencies. The path before them is the base path.
 */
const PAGES = new Set(['', 'logs', 'search', 'dependencies']);

/** The page for a location, and its base path. */
export function routeOf({ pathname, search }) {
  const parameters = new URLSearchParams(search);
  const slash = pathname.lastIndexOf('/');
  const directory = pathname.slice(0, slash + 1);
  const last = decode(pathname.slice(slash + 1));
  if (directory.endsWith('/trace/')) {
    const base = directory.slice(0, -'trace/'.length);
    // Without a trace id, a trace can be searched.
    if (!/[^.]/.test(last)) return { page: 'search', parameters, base };
    const [id, other] = last.split('...').filter(Boolean);
    return { page: other ? 'compare' : 'trace', id, other, parameters, base };
  }
  if (directory.endsWith('/service/')) {
    const base = directory.slice(0, -'service/'.length);
    return last ? { page: 'service', service: last, parameters, base } : { page: 'search', parameters, base };
  }
  const page = last === 'trace' ? 'search' : last;
  return { page: PAGES.has(page) ? page || 'search' : 'unknown', parameters, base: directory };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const base = routeOf(location).base;
export const apiUrl = (path) => new URL(`${base}api/${path}`, location.origin).href;
export const tempoUrl = (path) => new URL(`${base}tempo/api/${path}`, location.origin).href;
export const traceUrl = (id, query = '') => `${base}trace/${encodeURIComponent(id)}${query}`;
export const spanUrl = (id, spanId) => traceUrl(id, `?uiFind=${encodeURIComponent(spanId)}`);
export const compareUrl = (a, b) => `${base}trace/${encodeURIComponent(a)}...${encodeURIComponent(b)}`;
export const searchUrl = (parameters = '') => `${base}search${String(parameters) && `?${parameters}`}`;
export const serviceUrl = (name, parameters = '') => {
  // A browser treats a path segment of dots as a relative step.
  if (/^\.{0,2}$/.test(name)) return searchUrl(new URLSearchParams({ service: name }));
  return `${base}service/${encodeURIComponent(name)}${String(parameters) && `?${parameters}`}`;
};
export const logsUrl = () => `${base}logs`;
export const dependenciesUrl = () => `${base}dependencies`;

let listener = () => {};

/** Calls `show(route)` now, and whenever the address changes to another page. */
export function startRouting(show) {
  listener = () => show(routeOf(location));
  addEventListener('popstate', listener);
  addEventListener('click', followLink);
  listener();
}

export function navigate(url) {
  history.pushState(null, '', url);
  listener();
}

/**
 * Changes the parameters in the address without leaving the page; `null` or an empty list removes a
 * parameter, a list sets it several times. With `isStep`, the browser's Back undoes it.
 */
export function setParameters(changes, isStep = false) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    url.searchParams.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one !== null && one !== '') url.searchParams.append(name, one);
  }
  if (url.href === location.href) return;
  if (isStep) history.pushState(null, '', url);
  else history.replaceState(history.state, '', url);
}

/** Stores state in this step of the browser's history, for when Back returns to it. */
export function remember(changes) {
  history.replaceState({ ...history.state, ...changes }, '');
}

/** A plain click on a link within the page needs no reload. */
function followLink(event) {
  const link = event.target.closest?.('a[href]');
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (!link.pathname.startsWith(base) || link.pathname.startsWith(`${base}api/`)) return;
  event.preventDefault();
  navigate(link.href);
}
