import { getServices, tagsOf } from './backend.js';
import { el } from './dom.js';
import { explorerOf } from './explorer.js';
import { nothingFound } from './nothing-found.js';
import { pause } from './pause.js';
import { readQuery, writeQuery } from './query.js';
import { navigate, searchUrl } from './route.js';
import { SearchForm } from './search-form.js';
import { searchTraces } from './search-traces.js';
import { setShortcuts } from './shortcuts.js';
import { emptyBackend, failure, loading, unreachable } from './states.js';
import { knowsTraceQL } from './tempo.js';
import { TraceList } from './trace-list.js';

const RETRY_MS = 2000;
/** The most traces, and the most spans, from which tags are sampled. */
const SAMPLED_TRACES = 5;
const SAMPLED_SPANS = 1000;

export async function show(page, route, signal) {
  document.title = 'Search · otel-backend';
  const query = readQuery(route.parameters);
  const isListed = query.isOfFiles || query.traceIds.length > 0;
  const [services, isExplored] = await Promise.all([query.isOfFiles ? [] : waitForServices(page, signal), !isListed && knowsTraceQL()]);
  if (signal.aborted) return;
  if (isExplored) explorerOf(page, services, query, route, signal);
  else new ListPage(page, services, { ...query, isListed }, await scatter(signal), signal).start();
}

/** The dots of the found traces, which a backend with TraceQL has no need of; without their script there are none. */
async function scatter(signal) {
  const { Scatter } = await import('./scatter.js').catch(() => ({}));
  return Scatter ? new Scatter(signal) : { node: el('div'), set() {} };
}

/** The services, once there are any; until then the page tells what to do. */
async function waitForServices(page, signal) {
  for (;;) {
    const { data = [], error } = await getServices();
    if (signal.aborted || data.length) return [...data].sort();
    page.replaceChildren(error ? unreachable(`Reading the services: ${error.message}.`) : emptyBackend());
    await pause(RETRY_MS, signal);
  }
}

/** The form and a list, for backends without TraceQL and for files. */
class ListPage {
  #page;
  #services;
  #query;
  #signal;
  #form;
  #list;
  #scatter;

  constructor(page, services, query, scatter, signal) {
    this.#page = page;
    this.#services = services;
    this.#query = query;
    this.#signal = signal;
    const isFixed = query.lookback === 'custom' || query.isListed;
    this.#form = new SearchForm(services, (wanted) => navigate(searchUrl(writeQuery({ ...this.#query, ...wanted, q: '' }))));
    this.#form.show(query);
    this.#scatter = scatter;
    this.body = el('div.found');
    this.#list = new TraceList(query, {
      isLive: true, isFixed,
      search: (wanted) => searchTraces(wanted, services),
      reordered: (order) => (this.#query = { ...this.#query, order }),
      place: (node) => this.body.replaceChildren(this.#scatter.node, node),
      empty: () => this.body.replaceChildren(nothingFound(query, services, isFixed, signal)),
      said: () => this.#scatter.set(this.#list.drawn),
      came: (traces) => this.#form.know(traces.flatMap((trace) => trace.services.map(({ name }) => name))),
    }, signal);
  }

  async start() {
    const notice = this.#query.isListed ? null : el('p.notice', {}, 'This backend does not answer TraceQL: it is searched by the form alone, without charts and groups.');
    this.#page.replaceChildren(el('div.search', {}, this.#form.node,
      el('section.list', { 'aria-label': 'Results' }, el('h1.unseen', {}, 'Search traces'), this.#list.banner, notice,
        el('div.bar', {}, this.#form.opener, this.#list.bar), this.body)));
    setShortcuts([['Search', [
      ['j k', 'Next, previous trace', ({ key }) => this.#list.step(key === 'j' ? 1 : -1)],
      ['Enter', 'Open the trace'],
      ['/', 'Attributes', () => document.getElementById('tags').focus()],
      ['l', 'Live on, off', () => this.#list.toggleLive()],
      ['Escape', 'Leave the field', () => document.activeElement.blur()],
    ]]]);
    this.body.replaceChildren(loading('Searching…'));
    const error = await this.#list.load();
    if (this.#signal.aborted) return;
    if (error) {
      this.body.replaceChildren(failureOf(error, () => this.start()));
      return;
    }
    if (!this.#query.isOfFiles) this.#complete();
    this.#list.follow();
  }

  /** Offers tags of the found spans for the next search. */
  async #complete() {
    const sampled = this.#list.traces.filter(({ spans }) => spans <= SAMPLED_SPANS).slice(0, SAMPLED_TRACES);
    if (sampled.length) this.#form.complete(await tagsOf(sampled.map(({ id }) => id)));
  }
}

/** The message for a failed search. */
export function failureOf({ status, message }, retry) {
  return failure(status ? 'The search failed' : 'Cannot reach the backend', status ? `The backend says: ${message}.` : `${message}.`, retry);
}
