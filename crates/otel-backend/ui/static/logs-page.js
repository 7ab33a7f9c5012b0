import { getJson } from './backend.js';
import { el } from './dom.js';
import { LogList, severityChoice } from './log-list.js';
import { readRecord } from './log-records.js';
import { LOOKBACKS } from './query.js';
import { reached } from './reached.js';
import { setParameters } from './route.js';
import { failure, loading, state } from './states.js';

const LIMIT = 200;
const WINDOWS = { '15m': 'Last 15 minutes', '1h': 'Last hour', '6h': 'Last 6 hours', '24h': 'Last 24 hours', '7d': 'Last 7 days', any: 'Any time' };
const FALLBACK = '1h';

/** The page of log records by service, time, severity, text and trace. */
export async function show(page, route, signal) {
  document.title = 'Logs · otel-backend';
  page.replaceChildren(loading('Reading the logs…'));
  const services = await reached(() => getJson('logs/services'), page, signal);
  if (signal.aborted) return;
  if (services.error) {
    page.replaceChildren(problem(services.error, () => show(page, route, signal)));
    return;
  }
  const logs = new Logs(services.body.services, route.parameters, signal);
  page.replaceChildren(logs.node);
  await logs.search();
}

const problem = ({ message }, retry) => failure('The logs cannot be shown', `The backend says: ${message}.`, retry);

/** The form and its results. */
class Logs {
  #signal;
  #fields;
  #list = new LogList({});
  #found = el('div.log-found');
  #more = el('button', { type: 'button', hidden: true, onclick: () => this.#read(this.#next) }, 'More');
  #next = null;
  /** Ends a search when the next one begins. */
  #searching = new AbortController();

  constructor(services, parameters, signal) {
    this.#signal = signal;
    const of = (name) => parameters.get(name) ?? '';
    this.#fields = {
      service: el('select', { id: 'log-service' }, el('option', { value: '' }, 'All services'), services.map((name) => el('option', { value: name }, name))),
      window: el('select', { id: 'log-window' }, Object.entries(WINDOWS).map(([value, title]) => el('option', { value }, title))),
      severity: severityChoice(Number(of('severity')) || 0, () => {}),
      text: el('input', { id: 'log-text', type: 'search', placeholder: 'timed out', spellcheck: 'false' }),
      traceId: el('input', { id: 'log-trace', spellcheck: 'false', autocomplete: 'off' }),
    };
    for (const name of ['service', 'text', 'traceId']) this.#fields[name].value = of(name);
    this.#fields.window.value = Object.hasOwn(WINDOWS, of('window')) ? of('window') : FALLBACK;
    this.node = el('div.logs-page', {}, el('h1.unseen', {}, 'Logs'), this.#form(), this.#found, this.#list.node, this.#more);
  }

  #form() {
    const f = this.#fields;
    const field = (title, input) => el('div.field', {}, el('label', { for: input.id || null }, title), input);
    const submit = (event) => {
      event.preventDefault();
      this.search();
    };
    return el('form.query', { 'aria-label': 'Search logs', onsubmit: submit },
      field('Service', f.service), field('Time range', f.window), field('Severity', f.severity),
      field('Text', f.text), field('Trace ID', f.traceId),
      el('button.primary', { type: 'submit' }, 'Find logs'));
  }

  async search() {
    const values = Object.fromEntries(Object.entries(this.#fields).map(([name, { value }]) => [name, value.trim()]));
    setParameters({ ...values, severity: values.severity === '0' ? null : values.severity, window: values.window === FALLBACK ? null : values.window });
    this.#list.set([]);
    await this.#read(null);
  }

  async #read(after) {
    this.#searching.abort();
    this.#searching = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#searching.signal]);
    this.#more.hidden = true;
    this.#found.replaceChildren(loading('Searching…'));
    const { body, error } = await reached(() => getJson(`logs?${this.#question(after)}`), this.#found, signal);
    if (signal.aborted) return;
    this.#found.replaceChildren();
    if (error) {
      this.#found.append(problem(error, () => this.#read(after)));
      return;
    }
    this.#list.add(body.logs.map(readRecord));
    this.#next = body.next ?? null;
    this.#more.hidden = !this.#next;
    if (!this.#list.node.hasChildNodes()) this.#found.append(nothing());
  }

  #question(after) {
    const { service, window, severity, text, traceId } = this.#fields;
    const question = new URLSearchParams({ limit: LIMIT });
    if (service.value) question.set('service', service.value);
    if (severity.value !== '0') question.set('severity', severity.value);
    if (text.value.trim()) question.set('text', text.value.trim());
    if (traceId.value.trim()) question.set('traceId', traceId.value.trim());
    const seconds = LOOKBACKS.get(window.value);
    if (Number.isFinite(seconds)) question.set('start', `${BigInt(Date.now() - seconds * 1000) * 1_000_000n}`);
    if (after) question.set('after', after);
    return question;
  }
}

function nothing() {
  return state('No log records', el('p', {}, 'None match. Programs with an OpenTelemetry SDK send their logs to the port of their traces with:'),
    el('p', {}, el('code', {}, 'OTEL_LOGS_EXPORTER=otlp')));
}
