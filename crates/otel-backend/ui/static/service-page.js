import { el } from './dom.js';
import { plural } from './format.js';
import { pause } from './pause.js';
import { colourOf, cssColour } from './palette.js';
import { DEFAULT_LOOKBACK, LOOKBACK_NAMES, LOOKBACKS } from './query.js';
import { navigate, searchUrl, serviceUrl } from './route.js';
import { readExceptions, readNeighbours, readOperationNames, readService, readVersions, selectorOf } from './service-data.js';
import { changes, charts, exceptionTable, neighbourTables, operationTable, section, versionTable } from './service-sections.js';
import { failure, loading, state, unreachable } from './states.js';
import { knowsTraceQL } from './tempo.js';

const RETRY_MS = 2000;

/** The page of a service: its operations, their rates, errors and latencies, and the changes. */
export async function show(page, route, signal) {
  const service = new ServicePage(route, signal);
  document.title = `${route.service} · otel-backend`;
  page.replaceChildren(service.node);
  await service.read();
}

class ServicePage {
  #service;
  #lookback;
  #isAll;
  #signal;

  constructor({ service, parameters }, signal) {
    this.#service = service;
    const lookback = parameters.get('lookback');
    this.#lookback = LOOKBACKS.has(lookback) && lookback !== 'any' ? lookback : DEFAULT_LOOKBACK;
    this.#isAll = parameters.get('spans') === 'all';
    this.#signal = signal;
    this.content = el('div.content', {}, loading('Reading the service…'));
    this.node = el('div.service-page', {}, this.#bar(), this.content);
  }

  #bar() {
    const go = (more) => navigate(serviceUrl(this.#service, new URLSearchParams({ lookback: this.#lookback, spans: this.#isAll ? 'all' : 'incoming', ...more })));
    const lookbacks = [...LOOKBACKS.keys()].filter((name) => name !== 'any');
    const choice = (label, value, options, change) => el('select', { 'aria-label': label, onchange: ({ target }) => change(target.value) },
      options.map(([key, title]) => el('option', { value: key, selected: key === value }, title)));
    return el('div.bar', {},
      el('h1', {}, el('i.dot', { '--c': cssColour(colourOf(this.#service)) }), this.#service),
      choice('Spans', this.#isAll ? 'all' : 'incoming', [['incoming', 'Incoming requests'], ['all', 'All spans']], (spans) => go({ spans })),
      choice('Time range', this.#lookback, lookbacks.map((name) => [name, LOOKBACK_NAMES[name]]), (lookback) => go({ lookback })),
      el('button', { type: 'button', onclick: () => this.read() }, 'Refresh'),
      el('a', { href: this.#search(selectorOf(this.#service, true)) }, 'Search its traces'));
  }

  /** Reads everything; repeats until the backend answers. */
  async read() {
    while (!this.#signal.aborted) {
      try {
        if (await knowsTraceQL() === false) await this.#showNames();
        else await this.#show(await readService(this.#service, LOOKBACKS.get(this.#lookback), this.#isAll));
        return;
      } catch (error) {
        if (this.#signal.aborted) return;
        if (error.status !== 0) {
          this.content.replaceChildren(failure('The service cannot be shown', `The backend says: ${error.message}.`, () => this.read()));
          return;
        }
        this.content.replaceChildren(unreachable());
        await pause(RETRY_MS, this.#signal);
      }
    }
  }

  async #show(found) {
    if (this.#signal.aborted) return;
    const { window, operations, isPartial } = found;
    if (!operations.some(({ now }) => now.count)) {
      this.content.replaceChildren(this.#nothing(operations.length > 0));
      return;
    }
    const links = this.#links();
    const later = el('div.later', {}, loading('Reading callers, callees and exceptions…'));
    this.content.replaceChildren(
      ...(isPartial ? [el('p.banner', {}, 'The service has more operations than the backend counts at once: some are missing.')] : []),
      charts(found, links, this.#signal), changes(found, links), operationTable(found, links), later);
    const [neighbours, exceptions, versions] = await Promise.all([
      readNeighbours(this.#service, window), readExceptions(this.#service, window).catch(() => null), readVersions(this.#service, window, this.#isAll).catch(() => []),
    ]);
    if (this.#signal.aborted) return;
    const tables = [versions.length > 1 && versionTable(versions, links), neighbourTables(neighbours, window, links), exceptionTable(exceptions, links)];
    later.replaceChildren(...tables.filter(Boolean));
  }

  /** The links of the sections: to traces with such spans, and to other services. */
  #links() {
    return {
      service: this.#service,
      // "Last 15 minutes" without its first word.
      lookback: LOOKBACK_NAMES[this.#lookback].replace(/^Last /, ''),
      spans: (...conditions) => this.#search(selectorOf(this.#service, this.#isAll, ...conditions)),
      spansIn: ({ from, to }, ...conditions) => searchUrl(new URLSearchParams({
        q: selectorOf(this.#service, this.#isAll, ...conditions), lookback: 'custom', start: from * 1e6, end: to * 1e6,
      })),
      search: (query) => this.#search(query),
      other: (name) => serviceUrl(name, new URLSearchParams({ lookback: this.#lookback })),
    };
  }

  #nothing(wasBefore) {
    const all = new URLSearchParams({ lookback: this.#lookback, spans: 'all' });
    return state(`No ${this.#isAll ? 'spans' : 'incoming requests'} in the ${LOOKBACK_NAMES[this.#lookback].toLowerCase()}`,
      el('p', {}, wasBefore ? 'There were some before: choose a longer time range.' : 'Choose a longer time range, or search traces of any time.'),
      !this.#isAll && el('p', {}, el('a', { href: serviceUrl(this.#service, all) }, 'Show all spans of the service')),
      el('p', {}, el('a', { href: searchUrl(new URLSearchParams({ service: this.#service, lookback: 'any' })) }, 'Its newest traces')));
  }

  /**
   * The data available from a backend without TraceQL: the names of the operations, and the calls
   * between services.
   */
  async #showNames() {
    const to = Math.ceil(Date.now() / 1000);
    const window = { from: to - LOOKBACKS.get(this.#lookback), to };
    const [names, neighbours] = await Promise.all([readOperationNames(this.#service), readNeighbours(this.#service, window)]);
    if (this.#signal.aborted) return;
    const search = (more) => searchUrl(new URLSearchParams({ service: this.#service, ...more, lookback: this.#lookback }));
    const list = (rows) => (rows.length ? el('ul', {}, rows) : el('p', {}, 'None.'));
    const services = (others) => list(others.map(({ name, calls }) => el('li', {}, el('a', { href: serviceUrl(name) }, name), ` ${plural(calls, 'call')}`)));
    this.node.querySelector('.bar a').href = search({});
    this.content.replaceChildren(
      el('p.banner', {}, 'This backend does not answer TraceQL, so there are no rates, errors and latencies. It has the operations and the calls between services.'),
      section('Operations', list(names.map((name) => el('li', {}, el('a', { href: search({ operation: name }) }, name))))),
      el('div.pair', {}, section('Callers', services(neighbours.callers)), section('Callees', services(neighbours.callees))));
  }

  #search(query) {
    return searchUrl(new URLSearchParams({ q: query, lookback: this.#lookback }));
  }
}
