import { CRITICAL, ERROR } from './columns.js';
import { copy, el, iconButton } from './dom.js';
import { formatCount, formatDuration, formatShare, formatTime, plural } from './format.js';
import { cssColour } from './palette.js';
import { spanUrl } from './route.js';
import { hasFlag, kindOf, oddities, operationOf, serviceOf } from './span-text.js';

/** Attributes and events shown before "show all". */
const FIRST_TAGS = 60;
const FIRST_LOGS = 40;
/** Characters of a value shown before it is cut. */
const FIRST_CHARACTERS = 600;

/** Tags that say which instrumentation made the span. */
const SCOPE_TAGS = ['otel.scope.name', 'otel.library.name', 'otel.scope.version', 'otel.library.version'];

/** The panel with all that is known of one span. */
export class Details {
  #trace;
  #on;
  #row = -1;

  constructor(trace, on) {
    this.#trace = trace;
    this.#on = on;
    this.node = el('aside.details', { 'aria-label': 'Span', tabindex: -1, hidden: true });
  }

  get row() {
    return this.#row;
  }

  async show(row) {
    this.#row = row;
    const found = await this.#trace.span(row);
    if (this.#row !== row) return;
    this.node.replaceChildren(...this.#content(row, found));
    this.node.hidden = false;
    this.node.scrollTop = 0;
  }

  hide() {
    this.#row = -1;
    this.node.hidden = true;
    this.node.replaceChildren();
  }

  #content(row, { json, span, process }) {
    const trace = this.#trace;
    const tags = span.tags ?? [];
    const attributes = tags.filter(({ key }) => !SCOPE_TAGS.includes(key));
    return [
      this.#head(row, span, json),
      this.#numbers(row, span),
      notes([...(span.warnings ?? []), ...oddities(trace, row)]),
      statusOf(tags, hasFlag(trace, row, ERROR)),
      section('Attributes', attributes.length, tagTable(attributes)),
      section('Events', (span.logs ?? []).length, this.#logs(span)),
      section('References', (span.references ?? []).length, this.#references(span.references ?? [])),
      section('Resource', (process?.tags ?? []).length, tagTable(process?.tags ?? [])),
      scopeSection(tags),
    ];
  }

  #head(row, span, json) {
    const trace = this.#trace;
    const kind = kindOf(trace, row);
    const link = new URL(spanUrl(trace.id, span.spanID), location.origin).href;
    return el('header', {},
      el('div.tools', {},
        el('span.service', {}, el('i.dot', { '--c': cssColour(trace.colours[trace.service[row]]) }), serviceOf(trace, row)),
        iconButton('link', 'Copy a link to this span', () => copy(link, 'Link')),
        iconButton('copy', 'Copy this span as JSON', () => copy(JSON.stringify(JSON.parse(json), null, 2), 'JSON')),
        iconButton('close', 'Close  Esc', () => this.#on.close())),
      el('h2', {}, operationOf(trace, row)),
      el('div.chips', {},
        kind && el('span.chip', {}, kind),
        hasFlag(trace, row, ERROR) && el('span.chip.bad', {}, 'error'),
        hasFlag(trace, row, CRITICAL) && el('span.chip', {}, 'critical path'),
        el('button.id', { type: 'button', title: 'Copy the span id', onclick: () => copy(span.spanID, 'Span id') },
          el('code', {}, span.spanID ?? ''))));
  }

  #numbers(row, span) {
    const { begin, end, duration, self } = this.#trace;
    const whole = end - begin;
    const facts = [
      ['Duration', formatDuration(duration[row]), whole > 0 && `${formatShare(duration[row] / whole)} of the trace`],
      ['Own time', formatDuration(self[row]), duration[row] > 0 && `${formatShare(self[row] / duration[row])} without its children`],
      ['Begins', formatDuration(span.startTime - begin), formatTime(span.startTime)],
    ];
    return el('dl.numbers', {}, facts.map(([name, value, note]) =>
      el('div', {}, el('dt', {}, name), el('dd', {}, value, note && el('small', {}, note)))));
  }

  #logs(span) {
    const logs = [...(span.logs ?? [])].sort((a, b) => a.timestamp - b.timestamp);
    return growing(logs, FIRST_LOGS, 'ol.logs', (log) => {
      const fields = log.fields ?? [];
      const event = fields.find(({ key }) => key === 'event');
      const rest = fields.filter((field) => field !== event);
      return el('li', {},
        el('div.log', {},
          el('time', { title: formatTime(log.timestamp) }, `+${formatDuration(log.timestamp - span.startTime)}`),
          el('strong', {}, event ? String(event.value) : 'log')),
        rest.length > 0 && tagTable(rest));
    });
  }

  #references(references) {
    return el('ul.references', {}, references.map(({ refType, traceID, spanID }) => {
      const name = refType === 'CHILD_OF' ? 'child of' : refType === 'FOLLOWS_FROM' ? 'follows from' : String(refType);
      const here = traceID === this.#trace.id;
      const link = el('a.mono', { href: spanUrl(traceID, spanID) }, here ? spanID : `${traceID} ${spanID}`);
      if (here) {
        link.addEventListener('click', (event) => {
          event.preventDefault();
          this.#on.open(spanID);
        });
      }
      return el('li', {}, el('span', {}, name), link, !here && el('span.type', {}, 'another trace'));
    }));
  }
}

function section(title, count, content) {
  if (count === 0) return el('section.none', {}, el('h3', {}, title, el('span.count', {}, 'none')));
  return el('section', {}, el('h3', {}, title, el('span.count', {}, String(count))), content);
}

function notes(texts) {
  return el('ul.notes', { hidden: texts.length === 0 }, texts.map((text) => el('li', {}, String(text))));
}

/** Why it failed, where the sender said so. */
function statusOf(tags, isError) {
  const description = tags.find(({ key }) => key === 'otel.status_description');
  return el('p.failure', { hidden: !isError || !description }, String(description?.value ?? ''));
}

function scopeSection(tags) {
  const scope = tags.filter(({ key }) => SCOPE_TAGS.includes(key));
  return section('Scope', scope.length && 1, tagTable(scope));
}

/** A table of attributes: name, value, type. */
export function tagTable(tags) {
  return growing(tags, FIRST_TAGS, 'div.tags', ({ key, type, value }) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return el('div.tag', {},
      el('span.key', {}, String(key)),
      valueOf(text ?? '', type),
      el('span.type', {}, String(type ?? 'string')),
      iconButton('copy', `Copy ${key}`.slice(0, 60), () => copy(text, 'Value')));
  });
}

function valueOf(text, type) {
  const pretty = type === 'string' || type === undefined ? prettyJson(text) : text;
  if (pretty.length <= FIRST_CHARACTERS) return el('span.value', { 'data-type': type }, pretty);
  const value = el('span.value', { 'data-type': type }, `${pretty.slice(0, FIRST_CHARACTERS)}… `);
  value.append(el('button.more', { type: 'button', onclick: () => value.replaceChildren(pretty) },
    `show all ${plural(pretty.length, 'character')}`));
  return value;
}

/** A list or an object written as JSON, spread over lines; any other text as it is. */
function prettyJson(text) {
  if (!/^\s*[[{]/.test(text) || text.length > 100_000) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The first items, and a button for the others. */
function growing(items, first, selector, make) {
  const node = el(selector, {}, items.slice(0, first).map(make));
  if (items.length > first) {
    const more = el('button.more', { type: 'button' }, `show ${formatCount(items.length - first)} more`);
    more.addEventListener('click', () => more.replaceWith(...items.slice(first).map(make)));
    node.append(more);
  }
  return node;
}
