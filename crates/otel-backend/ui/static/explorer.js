import { durationOf, EVERYTHING, narrowed, pipelineOf } from './traceql-query.js';
import { startWorker, UNREACHABLE } from './backend.js';
import { notAll } from './conditions.js';
import { el } from './dom.js';
import { FieldSource } from './field-source.js';
import { formatCount, plural } from './format.js';
import { nothingFound } from './nothing-found.js';
import { Overview } from './overview.js';
import { pause } from './pause.js';
import { readQuery, VIEWS, writeQuery } from './query.js';
import { QueryBox } from './query-box.js';
import { fieldsOf, traceqlOf } from './query-fields.js';
import { ColumnChooser } from './result-columns.js';
import { navigate, searchUrl, spanUrl, traceUrl } from './route.js';
import { keepRecent, showQueries } from './saved-queries.js';
import { SearchForm } from './search-form.js';
import { setShortcuts } from './shortcuts.js';
import { failure, loading, unreachable } from './states.js';
import { findTraces } from './tempo.js';
import { readTraceId } from './trace-id.js';
import { TraceList } from './trace-list.js';
import { windowOf } from './windows.js';

const VIEW_NAMES = { traces: 'Traces', spans: 'Spans', groups: 'Groups', differences: 'What is different' };
/** The overview follows new traces at most this often, and less often if it is slow. */
const OVERVIEW_MS = 5000;
const RETRY_MS = 2000;

/** The search page for a backend with TraceQL; it follows the address by itself. */
export function explorerOf(page, services, query, route, signal) {
  const explorer = new Explorer(page, services, signal);
  route.follow((next) => {
    const wanted = next.page === 'search' ? readQuery(next.parameters) : null;
    if (!wanted || wanted.isOfFiles || wanted.traceIds.length) return false;
    explorer.show(wanted);
    return true;
  });
  explorer.show(query);
}

class Explorer {
  #services;
  #source = new FieldSource();
  #form;
  #box;
  #overview;
  #query = null;
  /** Aborts the requests of the previous query. */
  #leaving = new AbortController();
  #view = null;
  #isLive = true;
  #took = 0;
  /** True if an update of the charts is scheduled. */
  #isDue = false;

  constructor(page, services, signal) {
    this.#services = services;
    this.#form = new SearchForm(services, (wanted) => this.#go({ ...wanted, q: traceqlOf(wanted) }), (name) => this.#source.valuesOfTag(name));
    this.#box = new QueryBox(this.#source, (text) => this.#ask(text));
    this.#overview = new Overview({ picked: (from, to) => this.#go(between(from, to)), choices: (region) => this.#choices(region) }, signal);
    this.bar = el('div.bar');
    this.body = el('div.found');
    this.totals = el('p.totals', { role: 'status' });
    this.views = VIEWS.map((view, at) => el('button', { type: 'button', title: `${VIEW_NAMES[view]}  ${at + 1}`, onclick: () => this.#go({ view }) }, VIEW_NAMES[view]));
    this.results = this.#layout();
    page.replaceChildren(el('div.search', {}, this.#form.node, this.results));
    setShortcuts([['Search', [
      ['j k', 'Next, previous result', ({ key }) => this.#view?.step?.(key === 'j' ? 1 : -1)],
      ['Enter', 'Open the trace'],
      ['/', 'Query', () => this.#box.input.focus()],
      ['1 2 3 4', 'Traces, spans, groups, differences', ({ key }) => this.#go({ view: VIEWS[key - 1] })],
      ['m', 'Menu of a group'],
      ['l', 'Live on, off', () => this.#view?.toggleLive?.()],
      ['Escape', 'Leave the field', () => document.activeElement.blur()],
    ]]]);
    signal.addEventListener('abort', () => this.#leaving.abort());
  }

  #layout() {
    return el('section.list', { 'aria-label': 'Results' }, el('h1.unseen', {}, 'Search traces'),
      el('div.ask-bar', {}, this.#box.node,
        el('button.primary', { type: 'button', onclick: () => this.#ask(this.#box.input.value.trim()) }, 'Run'),
        el('button', { type: 'button', 'aria-haspopup': 'dialog', onclick: () => showQueries(this.#query.q, (q) => this.#go({ q })) }, 'Queries')),
      this.#overview.node,
      el('div.bar.views-bar', {}, this.#form.opener, el('div.view-buttons', { role: 'group', 'aria-label': 'View' }, this.views), this.totals),
      this.bar, this.body);
  }

  /** Shows a query; the previous results stay until the new ones arrive. */
  async show(query) {
    const q = query.q || traceqlOf(query);
    // The form shows as much of the query as it can.
    this.#query = { ...query, ...(fieldsOf(q) ?? NO_FIELDS), q };
    this.#leaving.abort();
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    this.#form.show(this.#query, fieldsOf(q) !== null);
    this.#box.show(q);
    for (const [at, view] of VIEWS.entries()) this.views[at].setAttribute('aria-pressed', view === query.view);
    if (!this.body.hasChildNodes()) this.body.replaceChildren(loading('Searching…'));
    this.results.setAttribute('aria-busy', true);
    while (await this.#answer(q, signal) === UNREACHABLE.status) await pause(RETRY_MS, signal);
    if (signal.aborted) return;
    this.results.setAttribute('aria-busy', false);
    // Traces can be opened from here, and tags are typed; neither may delay the answers.
    startWorker();
    this.#source.tags().then((tags) => this.#form.complete(tags));
  }

  /**
   * Shows the answers to the query, all for the same window, or why there are none; returns the status
   * of that error.
   */
  async #answer(q, signal) {
    const window = await windowOf(this.#query, signal);
    if (signal.aborted) return null;
    const [failed, refused] = window.error ? [window.error, window.error] : await Promise.all([this.#showView(window, signal), this.#load(window, signal)]);
    if (signal.aborted) return null;
    const error = refused?.status === UNREACHABLE.status ? refused : failed;
    if (refused?.status === 400) this.#refuse(refused);
    else if (error) this.#fail(error);
    else keepRecent(q);
    return error?.status;
  }

  /** Marks the error in the query if it is refused. */
  #refuse(error) {
    this.#box.mark(error);
    this.#overview.problem.hidden = true;
    this.totals.textContent = '';
    this.bar.replaceChildren();
    this.body.replaceChildren(failure('The query is refused', `The backend says: ${error.message}.`));
  }

  /** A query with charts may have no list, since its columns may not be valid fields. */
  #fail({ status, message }) {
    const { columns } = this.#query;
    if (status === UNREACHABLE.status) {
      this.body.replaceChildren(unreachable());
      return;
    }
    this.bar.replaceChildren(...(columns.length ? [this.#columns().node] : []));
    const title = status === 400 && columns.length ? 'A column is refused' : 'The search failed';
    this.body.replaceChildren(failure(title, `The backend says: ${message}.`, () => this.show(this.#query)));
  }

  async #load(window, signal) {
    const began = performance.now();
    const { spans, errors, error } = await this.#overview.load(this.#query.q, window, signal);
    this.#took = performance.now() - began;
    if (signal.aborted || spans === undefined) return error;
    this.totals.textContent = `${plural(spans, 'span')} ${spans === 1 ? 'matches' : 'match'}${errors ? `, ${formatCount(errors)} failed` : ''}`;
    return null;
  }

  #showView(window, signal) {
    this.#view = null;
    return this.#query.view === VIEWS[0] ? this.#showTraces(window, signal) : this.#showOther(window, signal);
  }

  async #showOther(window, signal) {
    const query = this.#query;
    const views = await import('./search-views.js').catch(() => null);
    if (signal.aborted) return null;
    if (!views) return UNREACHABLE;
    const view = views.make(query.view, query, this.#source, {
      change: (changes) => this.#go(changes),
      narrow: (conditions) => this.#narrow(conditions, { view: VIEWS[0] }),
      exclude: (conditions) => this.#narrow([notAll(conditions)], {}),
      reorder: (order) => this.show({ ...query, order }),
    });
    signal.addEventListener('abort', () => view.destroy?.());
    const error = await view.load(query, window, signal);
    if (signal.aborted || error) return error;
    this.#view = view;
    this.bar.replaceChildren(...view.bar, ...(query.view === 'spans' ? [this.#columns().node] : []));
    this.body.replaceChildren(view.isEmpty ? nothingFound(query, this.#services, false, signal) : view.node);
    return null;
  }

  /** The list covers the window of the charts until it is asked for again. */
  async #showTraces(window, signal) {
    const query = this.#query;
    let first = window;
    const isFixed = query.lookback === 'custom';
    const list = new TraceList(query, {
      isLive: this.#isLive, isFixed, isOrdered: true,
      search: async (wanted) => {
        const covered = first ?? await windowOf(this.#query, signal);
        first = null;
        return covered.error ? covered : this.#search(wanted, covered, signal);
      },
      reordered: (order) => (this.#query = { ...this.#query, order }),
      turned: (isLive) => (this.#isLive = isLive),
      place: (node) => this.body.replaceChildren(node),
      empty: () => this.body.replaceChildren(nothingFound(query, this.#services, isFixed, signal)),
      came: (traces, added) => this.#came(traces, added),
    }, signal);
    this.#view = list;
    const error = await list.load();
    if (signal.aborted || error) return error;
    this.bar.replaceChildren(list.banner, ...list.bar, this.#columns().node);
    list.follow();
    return null;
  }

  #search({ q, columns, order, limit }, window, signal) {
    const query = columns.length ? `${pipelineOf(q)} | select(${columns.join(', ')})` : pipelineOf(q);
    return findTraces(query, window, { order, limit, spans: 1 }, signal);
  }

  /**
   * The charts follow the list after a pause, unless the user is using them, so that several updates
   * are combined.
   */
  async #came(traces, added) {
    this.#form.know(traces.flatMap(({ services }) => services.map(({ name }) => name)));
    if (added === 0 || this.#isDue) return;
    this.#isDue = true;
    this.#source.forget();
    const { signal } = this.#leaving;
    await pause(Math.max(OVERVIEW_MS, 10 * this.#took), signal);
    this.#isDue = false;
    if (signal.aborted || this.#overview.isHeld) return;
    const window = await windowOf(this.#query, signal);
    if (!window.error && !signal.aborted) await this.#load(window, signal);
  }

  #columns() {
    return new ColumnChooser(this.#source, this.#query.columns, (columns) => this.#go({ columns }));
  }

  /** The menu for a region of the heat map. */
  #choices({ from, to, least, most, isAllTime, isAnyLong }) {
    const long = [`duration >= ${durationOf(Math.round(least * 1e3) + 1)}`, `duration <= ${durationOf(Math.round(most * 1e3))}`];
    const times = isAllTime ? {} : between(from, to);
    const selector = isAnyLong ? '{ true }' : `{ ${long.join(' && ')} }`;
    return [
      ['Narrow to this region', () => (isAnyLong ? this.#go(times) : this.#narrow(long, times))],
      ['What is different here?', () => this.#go({ view: 'differences', chosen: { selector, from: isAllTime ? 0 : from, to: isAllTime ? 0 : to } })],
      ...(isAllTime || isAnyLong ? [] : [['Only this time', () => this.#go(times)], ['Only these durations', () => this.#narrow(long, {})]]),
    ];
  }

  #narrow(conditions, changes) {
    this.#go({ ...changes, q: narrowed(this.#query.q, ...conditions) });
  }

  /** Handles typed text: a query, the inside of its braces, or a trace id. */
  #ask(text) {
    const found = /[{}=<>!]/.test(text) && !/\/trace\//.test(text) ? null : readTraceId(text);
    if (found) navigate(found.span ? spanUrl(found.id, found.span) : traceUrl(found.id));
    else this.#go({ q: /[{(]/.test(text) || !text ? text || EVERYTHING : `{ ${text} }` });
  }

  /** Goes to a query with these changes; an unchanged query is repeated. */
  #go(changes) {
    const query = { ...this.#query, ...changes };
    const url = searchUrl(writeQuery(query));
    if (url === location.pathname + location.search) this.show(query);
    else navigate(url);
  }
}

const NO_FIELDS = { service: '', operation: '', tags: {}, minDuration: '', maxDuration: '' };

/** A custom range, in microseconds as in the address. */
const between = (from, to) => ({ lookback: 'custom', start: Math.floor(from) * 1e6, end: Math.ceil(to) * 1e6 });
