/** Sets the chosen theme before anything is drawn. */
try {
  const theme = JSON.parse(localStorage.getItem('otel-backend.theme'));
  if (theme === 'light' || theme === 'dark') document.documentElement.style.colorScheme = theme;
} catch {
  // Without storage the theme is that of the system.
}

/**
 * If the address is that of the search, starts to load its scripts and style sheets, which the main script
 * would ask for only when it runs.
 */
if (/\/(search)?$/.test(location.pathname)) {
  for (const name of ['shared.js', 'search-page.js']) preload('modulepreload', name, 'script');
  for (const name of ['charts.css', 'search-page.css', 'explorer.css']) preload('preload', name, 'style');
}

function preload(rel, name, as) {
  document.head.append(Object.assign(document.createElement('link'), { rel, as, href: `static/${name}` }));
}

/**
 * If the address names a trace, starts the slowest parts before any other script has loaded: the worker, and
 * the answer with that trace, with the span that the address names first. The worker is told in its own
 * address that it will be passed this answer; without it, it asks itself.
 */
const [, id = ''] = location.pathname.match(/\/trace\/([0-9a-f]{1,32})$/) ?? [];
const [, span] = location.search.match(/[?&]uiFind=([0-9a-f]{1,16})(?:&|$)/i) ?? [];
const worker = /\/trace\/./.test(location.pathname) ? new Worker(`static/worker.js${id && `#${id}/${span ?? ''}`}`, { type: 'module' }) : null;
self.worker = worker;
// At once, the request and its answer would delay the first paint.
const PAINT_MS = 40;
if (id) setTimeout(() => passOn(fetch(`../api/traces/${id}?outline=true${span ? `&first=${span}` : ''}`)), PAINT_MS);

async function passOn(coming) {
  let body = null;
  try {
    const answer = await coming;
    if (!answer.ok) throw new Error('the worker will say why');
    ({ body } = answer);
    worker.postMessage({ answer: body, spans: answer.headers.get('span-count') ?? '' }, [body]);
  } catch {
    // Not every browser can pass an answer on.
    body?.cancel();
    worker.postMessage({ answer: null });
  }
}
