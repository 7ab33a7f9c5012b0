import { CRITICAL, ERROR } from './columns.js';
import { copy, el, iconButton } from './dom.js';
import { eventList } from './event-list.js';
import { formatCount, formatDuration, formatShare, formatTime } from './format.js';
import { cssColour } from './palette.js';
import { spanUrl } from './route.js';
import { hasFlag, kindOf, oddities, operationOf, serviceOf } from './span-text.js';
import { tagTable } from './tag-table.js';

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
      section('Events', (span.logs ?? []).length, eventList(span)),
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
      ['Own time', formatDuration(self[row]), duration[row] > 0 && `${formatShare(self[row] / duration[row])} of the span`],
      ['Begins', formatDuration(span.startTime - begin), formatTime(span.startTime)],
    ];
    return el('dl.numbers', {}, facts.map(([name, value, note]) =>
      el('div', {}, el('dt', {}, name), el('dd', {}, value, note && el('small', {}, note)))));
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
  return el('section', {}, el('h3', {}, title, el('span.count', {}, formatCount(count))), content);
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
