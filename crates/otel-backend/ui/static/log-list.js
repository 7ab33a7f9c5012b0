import { el } from './dom.js';
import { formatDuration, formatTime } from './format.js';
import { SEVERITIES, rangeOf } from './log-records.js';
import { spanUrl, traceUrl } from './route.js';

/** A list of log records; a click on one shows all of it. With `begin`, times are relative to it. */
export class LogList {
  #begin;
  #withTrace;

  constructor({ begin = null, withTrace = true }) {
    this.#begin = begin;
    this.#withTrace = withTrace;
    this.node = el('ol.log-list', { 'aria-label': 'Log records' });
  }

  set(records) {
    this.node.replaceChildren();
    this.add(records);
  }

  add(records) {
    this.node.append(...records.map((record) => this.#item(record)));
  }

  #item(record) {
    const time = this.#begin === null ? formatTime(record.time) : `+${formatDuration(record.time - this.#begin)}`;
    const range = rangeOf(record.severity);
    const details = el('details', { 'data-span': record.spanId },
      el('summary', {},
        el('time', {}, time),
        el(`span.severity${range && `.${range}`}`, {}, record.level),
        el('span.service', {}, record.service),
        el('span.text', {}, record.text.slice(0, 1000) || '(no text)')));
    details.addEventListener('toggle', () => {
      if (details.open && details.children.length === 1) details.append(this.#whole(record));
    });
    return el('li', {}, details);
  }

  #whole(record) {
    const { traceId, spanId, text, fields } = record;
    const link = traceId && (spanId ? spanUrl(traceId, spanId) : traceUrl(traceId));
    return el('div.log-whole', {},
      text.includes('\n') || text.length > 120 ? el('pre', {}, text) : null,
      el('dl', {}, fields.map(([key, value]) => [el('dt', {}, key), el('dd', {}, value)])),
      this.#withTrace && link && el('a', { href: link }, spanId ? 'Open its span' : 'Open its trace'));
  }
}

/** A choice of the lowest severity; `change` is called with its number. */
export function severityChoice(value, change) {
  const select = el('select', { 'aria-label': 'Least severity', onchange: () => change(Number(select.value)) },
    el('option', { value: 0 }, 'Any severity'),
    SEVERITIES.map(([least, name]) => el('option', { value: least }, `${name} and above`)));
  select.value = String(value);
  return select;
}
