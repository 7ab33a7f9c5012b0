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
 * If the address names a trace, starts the slowest parts before any other script has loaded: the
 * worker, and that trace, with the span that the address names first. The worker reads these from its
 * own address, since a message would wait until the page has time to pass it on.
 */
const [, id = ''] = location.pathname.match(/\/trace\/([0-9a-f]{1,32})$/) ?? [];
const [, span] = location.search.match(/[?&]uiFind=([0-9a-f]{1,16})(?:&|$)/i) ?? [];
if (/\/trace\/./.test(location.pathname)) self.worker = new Worker(`static/worker.js${id && `#${id}/${span ?? ''}`}`, { type: 'module' });
