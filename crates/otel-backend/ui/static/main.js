import { startAges } from './ages.js';
import { el, toast } from './dom.js';
import { setUtc } from './format.js';
import { pause } from './pause.js';
import { popUp } from './popup.js';
import { dependenciesUrl, logsUrl, navigate, searchUrl, spanUrl, startRouting, traceUrl } from './route.js';
import { keepSetting, setting } from './settings.js';
import { setShortcuts, startShortcuts } from './shortcuts.js';
import { state, unreachable } from './states.js';
import { styleSheet } from './style-sheet.js';
import { notAnId, readTraceId } from './trace-id.js';
import { startUploads } from './uploads.js';

/** The pages; each `show(node, route, signal)` fills a node until the signal is aborted. */
const PAGES = {
  trace: () => import('./trace-page.js'),
  compare: () => styled(['compare.css'], import('./compare-page.js')),
  search: () => styled(['charts.css', 'search-page.css', 'explorer.css'], import('./search-page.js')),
  dependencies: () => styled(['dependencies.css'], import('./dependencies-page.js')),
  logs: () => styled(['logs.css'], import('./logs-page.js')),
  service: () => styled(['charts.css', 'service.css'], import('./service-page.js')),
};
const NAVIGATION = [['search', 'Search', searchUrl], ['dependencies', 'Services', dependenciesUrl], ['logs', 'Logs', logsUrl]];
const RETRY_MS = 2000;

const page = document.getElementById('page');
let leaving = new AbortController();
/** Returns true if the current page can follow the address by itself. */
let follow = () => false;

async function show(route) {
  if (follow(route)) return;
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  follow = () => false;
  setShortcuts([]);
  for (const link of document.querySelectorAll('#nav a')) {
    if (link.dataset.page === route.page) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (!PAGES[route.page]) {
    document.title = 'Not found · otel-backend';
    page.replaceChildren(state('No such page', el('p', {}, el('a', { href: searchUrl() }, 'Search traces'))));
    return;
  }
  const module = await loaded(PAGES[route.page], signal);
  if (signal.aborted) return;
  // The focused element disappeared with the previous page.
  if (page.hasChildNodes()) page.focus({ preventScroll: true });
  const whileShown = (callback) => {
    if (!signal.aborted) follow = callback;
  };
  module.show(page, { ...route, follow: whileShown }, signal);
}

/** A page's script, with style sheets of its own. */
async function styled(names, script) {
  await Promise.all(names.map(styleSheet));
  return script;
}

/**
 * Loads the script of a page. While the backend is down this fails, and a browser may cache the
 * failure.
 */
async function loaded(load, signal) {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await load();
    } catch {
      page.replaceChildren(unreachable());
      if (attempt > 0 && await isThere()) location.reload();
      await pause(RETRY_MS, signal);
    }
  }
  return null;
}

async function isThere() {
  try {
    return (await fetch(new URL('static/main.js', document.baseURI), { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

function lookUp(event) {
  event.preventDefault();
  const { value } = event.target.elements.id;
  if (!value.trim()) return;
  const found = readTraceId(value);
  if (!found) {
    toast(notAnId(value.trim()));
    return;
  }
  event.target.reset();
  navigate(found.span ? spanUrl(found.id, found.span) : traceUrl(found.id));
}

/** Shows the settings of theme and clock. */
function showSettings({ currentTarget }) {
  const theme = setting('theme', 'system');
  const isUtc = setting('utc', false);
  const mark = (isOn, title) => `${isOn ? '✓' : '\u2003'} ${title}`;
  popUp(currentTarget, [
    ...['system', 'light', 'dark'].map((name) => [mark(theme === name, `Theme: ${name}`), () => setTheme(name)]),
    [mark(!isUtc, 'Times: local'), () => setClock(false)],
    [mark(isUtc, 'Times: UTC'), () => setClock(true)],
  ]);
}

function setTheme(name) {
  keepSetting('theme', name);
  document.documentElement.style.colorScheme = name === 'system' ? '' : name;
  dispatchEvent(new Event('themechange'));
}

function setClock(isUtc) {
  keepSetting('utc', isUtc);
  location.reload();
}

setUtc(setting('utc', false));
document.getElementById('brand').href = searchUrl();
document.getElementById('nav').append(...NAVIGATION.map(([name, title, url]) => el('a', { href: url(), 'data-page': name }, title)));
document.getElementById('lookup').addEventListener('submit', lookUp);
document.getElementById('settings').addEventListener('click', showSettings);
startAges();
startShortcuts();
startUploads();
startRouting(show);
