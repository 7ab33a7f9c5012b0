import { getServices, tagsOf } from './backend.js';
import { el } from './dom.js';
import { formatCount, formatDuration, plural } from './format.js';
import { pause } from './pause.js';
import { readQuery, writeQuery } from './query.js';
import { Results } from './results.js';
import { navigate, searchUrl } from './route.js';
import { Scatter } from './scatter.js';
import { SearchForm } from './search-form.js';
import { searchTraces } from './search-traces.js';
import { setShortcuts } from './shortcuts.js';
import { emptyBackend, failure, loading, state } from './states.js';

const LIVE_MS = 2000;
/** A poll asks for what began after the newest trace, less this: spans may arrive late. */
const OVERLAP_MICROS = 30e6;
/** Tags to complete are taken from so many of the traces found, of so many spans at most. */
const SAMPLED_TRACES = 5;
const SAMPLED_SPANS = 1000;

export async function show(page, route, signal) {
  document.title = 'Search · otel-backend';
  const services = await waitForServices(page, signal);
  if (signal.aborted) return;
  new SearchPage(page, services, readQuery(route.parameters), signal).start();
}

/** The services, as soon as there are any; until then the page says what to do. */
async function waitForServices(page, signal) {
  for (;;) {
    const { data = [], error } = await getServices();
    if (signal.aborted || data.length) return [...data].sort();
    if (!error) page.replaceChildren(emptyBackend());
    else page.replaceChildren(failure('The backend does not answer', `Reading the services: ${error.message}. This page tries again by itself.`, () => location.reload()));
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

  constructor(page, services, query, signal) {
    this.#page = page;
    this.#services = services;
    this.#query = query;
    this.#signal = signal;
    this.#form = new SearchForm(services, query, (wanted) => navigate(searchUrl(writeQuery(wanted))));
    this.#results = new Results();
    this.#scatter = new Scatter(signal);
    this.summary = el('p.summary', { role: 'status' });
    this.banner = el('div.banner', { hidden: true }, 'The backend does not answer. This page tries again by itself.');
    this.body = el('div.found');
    this.liveButton = el('button.live', { type: 'button', 'aria-pressed': true, title: 'New traces appear by themselves  l', onclick: () => this.#setLive(!this.#live) }, 'Live');
    // On a phone the form hides behind this.
    this.askButton = el('button.ask', { type: 'button', 'aria-expanded': false, onclick: () => this.#ask() }, 'Search');
    signal.addEventListener('abort', () => this.#results.destroy());
  }

  #ask() {
    const isOpen = this.#form.node.classList.toggle('open');
    this.askButton.setAttribute('aria-expanded', isOpen);
  }

  async start() {
    this.#page.replaceChildren(el('div.search', {}, this.#form.node,
      el('section.list', { 'aria-label': 'Results' }, this.banner,
        el('div.bar', {}, this.summary, this.askButton, this.liveButton, this.#results.compare, this.#results.order), this.body)));
    this.liveButton.hidden = this.#query.lookback === 'custom';
    setShortcuts([['Search', [
      ['j k', 'Next, previous trace', ({ key }) => this.#results.step(key === 'j' ? 1 : -1)],
      ['Enter', 'Open the trace'],
      ['/', 'Attributes', () => document.getElementById('tags').focus()],
      ['l', 'Live on, off', () => this.#setLive(!this.#live)],
      ['Escape', 'Leave the field', () => document.activeElement.blur()],
    ]]]);
    this.body.replaceChildren(loading('Searching…'));
    const began = performance.now();
    const answer = await this.#search();
    if (this.#signal.aborted) return;
    if (answer.error) {
      this.body.replaceChildren(failure('The search failed', `The backend says: ${answer.error.message}.`, () => this.start()));
      return;
    }
    this.#took = performance.now() - began;
    this.#results.set(answer.traces);
    this.#draw();
    this.#complete();
    this.#poll();
  }

  /** Shows what is known now. */
  #draw(fresh = 0) {
    const { traces } = this.#results;
    const note = fresh ? `, ${formatCount(fresh)} new` : traces.length >= this.#query.limit ? ', the newest' : '';
    this.summary.textContent = `${plural(traces.length, 'trace')}${note}`;
    this.summary.title = `searched in ${formatDuration(this.#took * 1000)}`;
    if (traces.length === 0) this.body.replaceChildren(nothingFound(this.#query));
    else if (!this.#results.rows.isConnected) this.body.replaceChildren(this.#scatter.node, header(), this.#results.rows);
    this.#results.draw();
    this.#scatter.set(traces);
  }

  #search(since) {
    return searchTraces(this.#query, this.#services, since);
  }

  /** Tags that spans of the newest traces carry are offered for the next search. */
  async #complete() {
    const sampled = this.#results.traces.filter(({ spans }) => spans <= SAMPLED_SPANS).slice(0, SAMPLED_TRACES);
    if (sampled.length) this.#form.complete(await tagsOf(sampled.map(({ id }) => id)));
  }

  /** Adds new traces as they come, as long as the page is looked at. */
  async #poll() {
    for (;;) {
      // A backend that takes long to answer is asked less often.
      await pause(Math.max(LIVE_MS, 10 * this.#took), this.#signal);
      if (this.#signal.aborted) return;
      if (!this.#live || document.hidden || this.#query.lookback === 'custom') continue;
      const began = performance.now();
      const newest = this.#results.newest;
      const answer = await this.#search(newest ? newest - OVERLAP_MICROS : 0);
      if (this.#signal.aborted) return;
      this.#took = performance.now() - began;
      this.banner.hidden = !answer.error;
      if (answer.error) continue;
      const { changed, added } = this.#results.merge(answer.traces, this.#query.limit);
      if (changed) this.#draw(added);
    }
  }

  #setLive(on) {
    this.#live = on;
    this.liveButton.setAttribute('aria-pressed', on);
  }
}

function header() {
  return el('div.row.result.header', { 'aria-hidden': true }, el('span'), el('span', {}, 'Root'), el('span', {}, 'Services'),
    el('span.number', {}, 'Spans'), el('span.number', {}, 'Errors'), el('span.lasting', {}, 'Duration'), el('span.started', {}, 'Started'));
}

function nothingFound({ service, operation, tags, minDuration, maxDuration, lookback }) {
  const narrowing = [
    operation && 'any operation',
    Object.keys(tags).length && 'fewer attributes: all of them must be on one span',
    (minDuration || maxDuration) && 'other durations: they are those of one span, not of the trace',
    lookback !== '7d' && 'a longer time',
  ].filter(Boolean);
  return state('No trace matches',
    el('p', {}, service ? ['No trace of ', el('code', {}, service), ' was found. '] : 'No trace was found. ', narrowing.length ? 'Try:' : ''),
    el('ul', {}, narrowing.map((text) => el('li', {}, `– ${text}`))));
}
