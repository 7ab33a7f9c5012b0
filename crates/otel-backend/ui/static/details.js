import { CRITICAL, ENDLESS, ERROR, UNPLACED } from './columns.js';
import { copy, el, iconButton } from './dom.js';
import { eventList, eventsOf } from './event-list.js';
import { formatCount, formatDuration, formatShare, formatTime } from './format.js';
import { indentJson } from './json-text.js';
import { longText } from './long-text.js';
import { cssColour } from './palette.js';
import { serviceUrl, spanUrl } from './route.js';
import { durationOf, hasFlag, kindOf, oddities, operationOf, serviceOf } from './span-text.js';
import { splitter } from './splitter.js';
import { tagTable, textOf } from './tag-table.js';

/** Tags that name the instrumentation of a span. */
const SCOPE_TAGS = ['otel.scope.name', 'otel.library.name', 'otel.scope.version', 'otel.library.version'];
/** The most places that are marked for a search. */
const MAX_MARKED = 500;
/** Tags that Jaeger's format makes from a span's fields; they are shown as these fields. */
const FIELD_TAGS = ['span.kind', 'otel.status_code', 'otel.status_description', 'w3c.tracestate'];

/**
 * The panel with the details of a span.
 *
 * It reports user actions: `close()`, `open(spanId)` for a span of this trace, and `pick(key, text,
 * node)` for an attribute.
 */
export class Details {
  #trace;
  #on;
  #row = -1;
  /** The spans of other traces with links to this one. */
  #backLinks = [];

  constructor(trace, on) {
    this.#trace = trace;
    this.#on = on;
    this.node = el('aside.details', { 'aria-label': 'Span', tabindex: -1, hidden: true });
    this.splitter = splitter({
      name: 'details', label: 'Resize details', least: 300, most: 1200, fallback: 412, towards: -1,
      widthAt: (x) => this.node.getBoundingClientRect().right - x,
      set: (width) => this.node.style.setProperty('--width', `${width}px`),
    });
  }

  get row() {
    return this.#row;
  }

  async show(row) {
    this.#row = row;
    const found = await this.#trace.span(row);
    if (this.#row === row) this.fill(row, found);
  }

  /** Shows a span that has already been loaded. */
  fill(row, found) {
    this.#row = row;
    this.node.replaceChildren(this.splitter, el('div.sheet', {}, this.#content(row, found)));
    this.node.hidden = false;
  }

  /** Sets the spans of other traces with links to spans of this one. */
  async setBackLinks(links) {
    this.#backLinks = links;
    const row = this.#row;
    if (row < 0) return;
    const [spanId] = await this.#trace.spanIds([row]);
    if (this.#row === row && links.some(({ to }) => to === spanId)) await this.show(row);
  }

  /** Marks the occurrences of a text. */
  highlight(text) {
    if (typeof Highlight === 'undefined') return;
    CSS.highlights.set('found', new Highlight(...(text ? rangesOf(this.node, text.toLowerCase()) : [])));
  }

  hide() {
    this.#row = -1;
    this.node.hidden = true;
    this.node.replaceChildren();
  }

  #content(row, { json, span, process, linkedFrom }) {
    const trace = this.#trace;
    const tags = (span.tags ?? []).map((tag) => ({ ...tag, key: String(tag.key) }));
    const { attributes, scope, fields } = sorted(tags);
    const { eventsFrom, eventTime, start } = trace;
    const events = eventsOf(span, [...eventTime.subarray(eventsFrom[row], eventsFrom[row + 1])].map((time) => time - start[row]));
    const { parents, links } = referencesOf(span, trace.id);
    return [
      this.#head(row, span, json),
      this.#numbers(row, span),
      notes([...(span.warnings ?? []), ...oddities(trace, row)]),
      statusOf(fields, hasFlag(trace, row, ERROR)),
      tags.some(({ key }) => key.startsWith('gen_ai.')) && conversationOf(tags, events),
      section('Attributes', attributes.length, this.#tags(attributes)),
      section('Events', events.length, eventList(events, trace.duration[row], this.#on.pick)),
      parents.length > 0 && section('Parent', null, this.#references(parents)),
      section('Links', links.length, this.#references(links)),
      this.#linkedFrom(linkedFrom, this.#backLinks.filter(({ to }) => to === span.spanID)),
      section('Resource', (process?.tags ?? []).length, this.#tags(process?.tags ?? [])),
      section('Scope', scope.length && null, this.#tags(scope)),
      fields['w3c.tracestate'] && section('Trace state', null, el('p.mono', {}, fields['w3c.tracestate'])),
    ];
  }

  #tags(tags) {
    return tagTable(tags, this.#on.pick);
  }

  #head(row, span, json) {
    const trace = this.#trace;
    const kind = kindOf(trace, row);
    const link = new URL(spanUrl(trace.id, span.spanID), location.origin).href;
    return el('header', {},
      el('div.tools', {},
        el('span.service', {}, el('i.dot', { '--c': cssColour(trace.colours[trace.service[row]]) }),
          trace.isLocal ? serviceOf(trace, row) : el('a', { href: serviceUrl(serviceOf(trace, row)), title: 'The page of the service' }, serviceOf(trace, row))),
        iconButton('link', 'Copy a link to this span', () => copy(link, 'Link')),
        iconButton('copy', 'Copy this span as JSON', () => copy(indentJson(json), 'JSON')),
        iconButton('close', 'Close  Esc', () => this.#on.close())),
      el('h2', {}, operationOf(trace, row)),
      el('div.chips', {},
        kind && el('span.chip', {}, kind),
        hasFlag(trace, row, ERROR) && el('span.chip.bad', {}, 'error'),
        hasFlag(trace, row, CRITICAL) && el('span.chip', {}, 'critical path'),
        el('button.id', { type: 'button', title: 'Copy the span ID', onclick: () => copy(span.spanID, 'Span ID') },
          el('code', {}, span.spanID ?? ''))));
  }

  #numbers(row, span) {
    const { epoch, begin, end, start, duration, self } = this.#trace;
    const whole = end - begin;
    const isKnown = !hasFlag(this.#trace, row, ENDLESS);
    const moment = span.startTime ? formatTime(epoch + start[row]) : 'not sent';
    const facts = [
      ['Duration', durationOf(this.#trace, row), isKnown && whole > 0 && `${formatShare(Math.max(0, duration[row]) / whole)} of the trace`],
      ['Self time', formatDuration(self[row]), duration[row] > 0 && `${formatShare(self[row] / duration[row])} of the span`],
      ['Start', hasFlag(this.#trace, row, UNPLACED) ? 'no start time' : `+${formatDuration(start[row] - begin)}`,
        hasFlag(this.#trace, row, UNPLACED) && span.startTime ? `sent as ${formatTime(Number(span.startTime))}` : moment],
    ];
    return el('dl.numbers', {}, facts.map(([name, value, note]) =>
      el('div', {}, el('dt', {}, name), el('dd', {}, value, note && el('small', {}, note)))));
  }

  #references(references) {
    return el('ul.references', {}, references.map(({ traceID, spanID, traceState, attributes = [] }) => {
      const here = traceID === this.#trace.id;
      return el('li', {},
        this.#link(traceID, spanID),
        !here && el('span.type', {}, 'in another trace'),
        traceState && el('span.type', {}, `trace state ${traceState}`),
        attributes.length > 0 && this.#tags(attributes));
    }));
  }

  #link(traceID, spanID) {
    const here = traceID === this.#trace.id;
    const open = (event) => {
      event.preventDefault();
      this.#on.open(spanID);
    };
    return el('a.mono', { href: spanUrl(traceID, spanID), onclick: here ? open : null }, here ? spanID : `${traceID} ${spanID}`);
  }

  #linkedFrom(spans = [], others = []) {
    if (spans.length + others.length === 0) return null;
    const named = (traceID, spanID, name) => el('li', {}, this.#link(traceID, spanID), el('span.type', {}, name.slice(0, 120)));
    return section('Linked from', spans.length + others.length, el('ul.references', {},
      spans.map(({ row, spanID }) => named(this.#trace.id, spanID, operationOf(this.#trace, row))),
      others.map(({ traceID, spanID, service, name }) => named(traceID, spanID, `${service}: ${name}, in another trace`))));
  }
}

/** The occurrences of a lower-case text within a node; for `key=value`, those of the value. */
function rangesOf(node, text) {
  const wanted = text.includes('=') ? [text, text.slice(text.indexOf('=') + 1)] : [text];
  const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const ranges = [];
  while (texts.nextNode() && ranges.length < MAX_MARKED) {
    const found = texts.currentNode.data.toLowerCase();
    for (const part of wanted.filter(Boolean)) {
      const at = found.indexOf(part);
      if (at < 0 || at + part.length > texts.currentNode.length) continue;
      ranges.push(new StaticRange({ startContainer: texts.currentNode, startOffset: at, endContainer: texts.currentNode, endOffset: at + part.length }));
    }
  }
  return ranges;
}

/** The conversation with a model, in the place of the node that is returned, when its script is loaded. */
function conversationOf(tags, events) {
  const place = el('section', { hidden: true });
  import('./conversation.js').then(({ conversation }) => {
    const { count, node } = conversation(tags, events);
    place.replaceWith(section('Conversation', count || null, node));
  }, () => {});
  return place;
}

/** Separates a span's own attributes, its scope, and the fields that were written as tags. */
function sorted(tags) {
  const fields = {};
  const rest = new Set(tags);
  const isFailed = tags.some(({ key, value }) => key === 'otel.status_code' && value === 'ERROR');
  // Generated tags come last; one set by the sender comes before them, and is kept.
  for (const tag of [...tags].reverse()) {
    const isField = FIELD_TAGS.includes(tag.key) || (tag.key === 'error' && tag.value === true && isFailed);
    if (!isField || tag.key in fields) continue;
    fields[tag.key] = textOf(tag.value);
    rest.delete(tag);
  }
  return {
    fields,
    scope: tags.filter(({ key }) => SCOPE_TAGS.includes(key)),
    attributes: [...rest].filter(({ key }) => !SCOPE_TAGS.includes(key)),
  };
}

/** The span's parent, which is its first CHILD_OF within the trace, and its links, with their details. */
function referencesOf({ references = [], links: detailed = [] }, traceId) {
  const at = references.findIndex(({ refType, traceID }) => refType === 'CHILD_OF' && traceID === traceId);
  const more = [...detailed];
  const links = references.filter((_, index) => index !== at).map((reference) => {
    const found = more.findIndex(({ traceID, spanID }) => traceID === reference.traceID && spanID === reference.spanID);
    return found < 0 ? reference : { ...reference, ...more.splice(found, 1)[0] };
  });
  return { parents: at < 0 ? [] : [references[at]], links };
}

/** `count` is `null` if there is nothing to count, and 0 for none. */
function section(title, count, content) {
  if (count === 0) return el('section.none', {}, el('h3', {}, title, el('span.count', {}, 'none')));
  return el('section', {}, el('h3', {}, title, count !== null && el('span.count', {}, formatCount(count))), content);
}

function notes(texts) {
  return el('ul.notes', { hidden: texts.length === 0 }, texts.map((text) => el('li', {}, String(text))));
}

/** The reason of a failure, if the sender gave one. */
function statusOf(fields, isError) {
  const description = fields['otel.status_description'];
  return isError && description ? longText(description, { title: 'Status', selector: 'p.failure' }) : null;
}
