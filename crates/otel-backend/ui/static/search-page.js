import { getServices, tagsOf } from './backend.js';
import { el } from './dom.js';
import { formatCount, formatDuration, plural } from './format.js';
import { newestTrace } from './newest-trace.js';
import { pause } from './pause.js';
import { MAX_LIMIT, readQuery, writeQuery } from './query.js';
import { Results } from './results.js';
import { navigate, remember, searchUrl, traceUrl } from './route.js';
import { Scatter } from './scatter.js';
import { SearchForm } from './search-form.js';
import { searchTraces } from './search-traces.js';
import { setShortcuts } from './shortcuts.js';
import { emptyBackend, failure, loading, state, unreachable } from './states.js';
import { knownTags } from './tags.js';

const LIVE_MS = 2000;
/** Where the API does not list tags, they are taken from so many of the traces found, of so many spans at most. */
const SAMPLED_TRACES = 5;
const SAMPLED_SPANS = 1000;

export async function show(page, route, signal) {
  document.title = 'Search · otel-backend';
  const query = readQuery(route.parameters);
  const services = query.isOfFiles ? [] : await waitForServices(page, signal);
  if (signal.aborted) return;
  new SearchPage(page, services, query, signal).start();
}

/** The services, as soon as there are any; until then the page says what to do. */
async function waitForServices(page, signal) {
  for (;;) {
    const { data = [], error } = await getServices();
    if (signal.aborted || data.length) return [...data].sort();
    page.replaceChildren(error ? unreachable(`Reading the services: ${error.message}.`) : emptyBackend());
    await pause(LIVE_MS, signal);
  }
}

class SearchPage {
  #page;
  #services;
  #query;
  #signal;
  #form;
  #results;
  #scatter;
  #live = true;
  #took = 0;
  /** What has come while a hand was on the list. */
  #waiting = null;

  constructor(page, services, query, signal) {
    this.#page = page;
    this.#services = services;
    this.#query = query;
    this.#signal = signal;
    this.#form = new SearchForm(services, query, (wanted) => navigate(searchUrl(writeQuery(wanted))));
    this.#results = new Results(query, (order) => this.#reorder(order));
    this.#scatter = new Scatter(signal);
    this.summary = el('p.summary', { role: 'status' });
    this.pill = el('button.pill.primary', { type: 'button', hidden: true, onclick: () => this.#take() });
    this.banner = el('div.banner', { hidden: true }, 'Cannot reach the backend. Retrying…');
    this.body = el('div.found');
    this.liveButton = el('button.live', { type: 'button', 'aria-pressed': true, title: 'Add new traces automatically  l', onclick: () => this.#setLive(!this.#live) }, 'Live');
    // On a phone the form hides behind this.
    this.askButton = el('button.ask', { type: 'button', 'aria-expanded': false, onclick: () => this.#ask() }, 'Filters');
    signal.addEventListener('abort', () => this.#results.destroy());
  }

  #ask() {
    const isOpen = this.#form.node.classList.toggle('open');
    this.askButton.setAttribute('aria-expanded', isOpen);
  }

  get #isFixed() {
    return this.#query.lookback === 'custom' || this.#query.traceIds.length > 0 || this.#query.isOfFiles;
  }

  async start() {
    this.#page.replaceChildren(el('div.search', {}, this.#form.node,
      el('section.list', { 'aria-label': 'Results' }, el('h1.unseen', {}, 'Search traces'), this.banner,
        el('div.bar', {}, this.summary, this.pill, this.askButton, this.liveButton, this.#results.compare, this.#results.order), this.body)));
    this.liveButton.hidden = this.#isFixed;
    setShortcuts([['Search', [
      ['j k', 'Next, previous trace', ({ key }) => this.#results.step(key === 'j' ? 1 : -1)],
      ['Enter', 'Open the trace'],
      ['/', 'Attributes', () => document.getElementById('tags').focus()],
      ['l', 'Live on, off', () => this.#setLive(!this.#live)],
      ['Escape', 'Leave the field', () => document.activeElement.blur()],
    ]]]);
    this.body.replaceChildren(loading('Searching…'));
    if (!(await this.#find())) return;
    if (!this.#query.isOfFiles) this.#complete();
    this.#poll();
  }

  /** Shows what is found; whether that went well. */
  async #find() {
    const began = performance.now();
    const answer = await searchTraces(this.#query, this.#services);
    if (this.#signal.aborted) return false;
    if (answer.error) {
      const { status, message } = answer.error;
      this.body.replaceChildren(failure(status ? 'The search failed' : 'Cannot reach the backend', status ? `The backend says: ${message}.` : `${message}.`, () => this.start()));
      return false;
    }
    this.#took = performance.now() - began;
    this.#place(answer.traces);
    this.#results.set(answer.traces);
    this.#say();
    return true;
  }

  async #reorder(order) {
    this.#query = { ...this.#query, order };
    remember({ top: 0 });
    this.#waiting = null;
    await this.#find();
  }

  /** Puts the list on the page, or says that there is nothing. */
  #place(traces) {
    if (traces.length === 0) this.#sayNothing();
    else if (!this.#results.rows.isConnected) this.body.replaceChildren(this.#scatter.node, header(), this.#results.rows);
  }

  #sayNothing() {
    const hint = el('p', { hidden: true });
    this.body.replaceChildren(nothingFound(this.#query, hint));
    if (!this.#isFixed || this.#query.lookback === 'custom') this.#hintAtNewest(hint);
  }

  /** Traces may be older than the range, or ahead of it: where the newest is, is worth a link. */
  async #hintAtNewest(hint) {
    const trace = await newestTrace(this.#query, this.#services);
    if (this.#signal.aborted || !trace) return;
    const anyTime = new URLSearchParams(writeQuery({ ...this.#query, lookback: 'any' }));
    hint.replaceChildren(`The newest ${this.#query.service ? `trace of ${this.#query.service}` : 'trace'} of any time: `,
      el('a', { href: traceUrl(trace.id) }, trace.when), '. ', el('a', { href: searchUrl(anyTime) }, 'Search any time'));
    hint.hidden = false;
  }

  #say() {
    const { traces, shown } = this.#results;
    const { order, limit } = this.#query;
    const fresh = this.#results.countFresh();
    const isCut = traces.length >= (order === 'newest' ? limit : MAX_LIMIT);
    this.summary.textContent = `${summaryOf(shown, traces.length, order, isCut && !this.#isListed)}${fresh ? ` · ${formatCount(fresh)} new` : ''}`;
    this.summary.title = `searched in ${formatDuration(this.#took * 1000)}`;
    this.#scatter.set(traces.length > shown ? this.#results.traces.slice(0, MAX_LIMIT) : traces);
  }

  get #isListed() {
    return this.#query.traceIds.length > 0 || this.#query.isOfFiles;
  }

  /** Tags that spans carry are offered for the next search. */
  async #complete() {
    const known = await knownTags();
    if (known) {
      this.#form.complete(known);
      return;
    }
    const sampled = this.#results.traces.filter(({ spans }) => spans <= SAMPLED_SPANS).slice(0, SAMPLED_TRACES);
    if (sampled.length) this.#form.complete(await tagsOf(sampled.map(({ id }) => id)));
  }

  /** Adds new traces as they come, as long as the page is looked at. */
  async #poll() {
    for (;;) {
      // A backend that takes long to answer is asked less often.
      await pause(Math.max(LIVE_MS, 10 * this.#took), this.#signal);
      if (this.#signal.aborted) return;
      if (!this.#live || document.hidden || this.#isFixed) continue;
      const began = performance.now();
      const answer = await searchTraces(this.#query, this.#services);
      if (this.#signal.aborted) return;
      this.#took = performance.now() - began;
      this.banner.hidden = !answer.error;
      if (answer.error || !this.#live) continue;
      this.#come(answer.traces);
    }
  }

  /** What is new is shown at once, unless a hand is on the list; then it waits behind a button. */
  #come(traces) {
    this.#form.know(traces.flatMap(({ services }) => services.map(({ name }) => name)));
    const added = this.#results.unknown(traces);
    this.#waiting = traces;
    if (added && this.#results.rows.isConnected && this.#results.isHeld) {
      this.#results.refresh(traces);
      this.pill.textContent = `Show ${plural(added, 'new trace')}`;
      this.pill.hidden = false;
    } else this.#take();
  }

  #take() {
    const { activeElement } = document;
    this.pill.hidden = true;
    if (!this.#waiting) return;
    if (activeElement === this.pill) this.#results.rows.scrollTop = 0;
    this.#place(this.#waiting);
    if (this.#results.isHeld && this.#results.unknown(this.#waiting) === 0) this.#results.refresh(this.#waiting);
    else this.#results.merge(this.#waiting);
    this.#waiting = null;
    this.#say();
  }

  #setLive(on) {
    this.#live = on;
    this.liveButton.setAttribute('aria-pressed', on);
  }
}

const ORDER_WORDS = { newest: 'Newest', longest: 'Longest', shortest: 'Shortest', spans: 'Largest', errors: 'Worst' };

/** "25 traces", "Newest 20 traces (more match)", "Longest 20 of 312 traces". */
function summaryOf(shown, found, order, isCut) {
  if (order === 'newest') return isCut ? `Newest ${plural(shown, 'trace')} (more match)` : plural(shown, 'trace');
  if (shown === found && !isCut) return plural(shown, 'trace');
  const among = isCut ? `the newest ${plural(found, 'trace')} (more match)` : plural(found, 'trace');
  return `${ORDER_WORDS[order] ?? 'First'} ${formatCount(shown)} of ${among}`;
}

function header() {
  return el('div.row.result.header', { 'aria-hidden': true }, el('span'), el('span', {}, 'Trace (root span)'), el('span.mixed', {}, 'Services'),
    el('span.number.spans', {}, 'Spans'), el('span.number', {}, 'Errors'), el('span.lasting', {}, 'Duration'), el('span.started', {}, 'Started'));
}

function nothingFound({ service, operation, tags, minDuration, maxDuration, lookback, isOfFiles }, hint) {
  if (isOfFiles) return state('No traces from files', el('p', {}, 'Traces from files are gone after a reload. Open the files again.'));
  const narrowing = [
    operation && 'all operations',
    Object.keys(tags).length && 'fewer attributes: all of them must be on one span',
    (minDuration || maxDuration) && 'other durations: they are those of one span, not of the trace',
    lookback !== 'any' && 'a longer time range',
  ].filter(Boolean);
  return state('No traces found',
    el('p', {}, service ? ['No trace of ', el('code', {}, service), ' matches. '] : 'No trace matches. ', narrowing.length ? 'Try:' : ''),
    el('ul', {}, narrowing.map((text) => el('li', {}, `– ${text}`))),
    hint);
}
