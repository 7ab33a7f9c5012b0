import { el } from './dom.js';
import { dependenciesUrl, navigate, searchUrl, startRouting, traceUrl } from './route.js';
import { setShortcuts, startShortcuts } from './shortcuts.js';
import { state } from './states.js';
import { startUploads } from './uploads.js';

/** The pages; each `show(node, route, signal)` fills a node until the signal says it is left. */
const PAGES = {
  trace: () => import('./trace-page.js'),
  compare: () => import('./compare-page.js'),
  search: () => import('./search-page.js'),
  dependencies: () => import('./dependencies-page.js'),
};
const NAVIGATION = [['search', 'Search', searchUrl], ['dependencies', 'Services', dependenciesUrl]];

const page = document.getElementById('page');
let leaving = new AbortController();

async function show(route) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  setShortcuts([]);
  for (const link of document.querySelectorAll('#nav a')) {
    if (link.dataset.page === route.page) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const load = PAGES[route.page];
  if (!load) {
    document.title = 'Not found · otel-backend';
    page.replaceChildren(state('No such page', el('p', {}, el('a', { href: searchUrl() }, 'Search traces'))));
    return;
  }
  const module = await load();
  if (signal.aborted) return;
  // What had the focus is gone with the page before.
  if (page.hasChildNodes()) page.focus({ preventScroll: true });
  module.show(page, route, signal);
}

document.getElementById('brand').href = searchUrl();
document.getElementById('nav').append(...NAVIGATION.map(([name, title, url]) => el('a', { href: url(), 'data-page': name }, title)));
document.getElementById('lookup').addEventListener('submit', (event) => {
  event.preventDefault();
  const id = event.target.elements.id.value.trim();
  if (!id) return;
  event.target.reset();
  navigate(traceUrl(id));
});
startShortcuts();
startUploads();
startRouting(show);
