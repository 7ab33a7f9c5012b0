import { tagsOf } from './backend.js';
import { el } from './dom.js';
import { nothingFound } from './nothing-found.js';
import { writeQuery } from './query.js';
import { navigate, searchUrl } from './route.js';
import { Scatter } from './scatter.js';
import { SearchForm } from './search-form.js';
import { searchTraces } from './search-traces.js';
import { setShortcuts } from './shortcuts.js';
import { failure, loading } from './states.js';
import { TraceList } from './trace-list.js';

/** The most traces, and the most spans, from which tags are sampled. */
const SAMPLED_TRACES = 5;
const SAMPLED_SPANS = 1000;

/** The form and a list, for backends without TraceQL and for files. */
export class ListPage {
  #page;
  #services;
  #query;
  #signal;
  #form;
  #list;
  #scatter;

  constructor(page, services, query, signal) {
    this.#page = page;
    this.#services = services;
    this.#query = query;
    this.#signal = signal;
    const isFixed = query.lookback === 'custom' || query.isListed;
    this.#form = new SearchForm(services, (wanted) => navigate(searchUrl(writeQuery({ ...this.#query, ...wanted, q: '' }))));
    this.#form.show(query);
    this.#scatter = new Scatter(signal);
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
function failureOf({ status, message }, retry) {
  return failure(status ? 'The search failed' : 'Cannot reach the backend', status ? `The backend says: ${message}.` : `${message}.`, retry);
}
