import { differences } from './attribute-differences.js';
import { el, iconButton } from './dom.js';
import { formatCount, formatShare, plural } from './format.js';
import { spanUrl } from './route.js';
import { durationOf, hasFlag } from './span-text.js';
import { textOf } from './tag-table.js';
import { ERROR } from './columns.js';

/** The most spans of a side whose attributes are read, and the most that are listed. */
const MAX_READ = 100;
const MAX_LISTED = 10;
const MAX_VALUES = 3;

/**
 * The details of a call path: its spans in both traces, and the attributes whose values differ between
 * them.
 */
export async function pathDetails({ name, service, rowsA, rowsB }, a, b, close) {
  const sides = [['A', a, rowsA], ['B', b, rowsB]];
  const [tagsA, tagsB] = await Promise.all(sides.map(([, trace, rows]) => tagsOf(trace, rows.slice(0, MAX_READ))));
  const lists = await Promise.all(sides.map((side) => spanList(...side)));
  const read = Math.max(rowsA.length, rowsB.length) > MAX_READ ? ` (first ${MAX_READ} spans)` : '';
  return el('div.sheet', {},
    el('header', {}, el('div.tools', {}, el('span.service', {}, service), iconButton('close', 'Close', close)), el('h2', {}, name.slice(0, 300))),
    lists,
    rowsA.length > 0 && rowsB.length > 0 && differenceTable(differences(tagsA, tagsB), tagsA.length, tagsB.length, read));
}

/** The attributes of each span, as pairs of texts. */
async function tagsOf(trace, rows) {
  const spans = await Promise.all(rows.map((row) => trace.span(row)));
  return spans.map(({ span, process }) => [...(span.tags ?? []), ...(process?.tags ?? [])].map(({ key, value }) => [String(key), textOf(value)]));
}

async function spanList(letter, trace, rows) {
  const listed = rows.slice(0, MAX_LISTED);
  const ids = await trace.spanIds(listed);
  return el('section', {}, el('h3', {}, `In ${letter}`, el('span.count', {}, plural(rows.length, 'span'))),
    el('ul.references', {}, listed.map((row, at) => el('li', {},
      el('a', { href: spanUrl(trace.id, ids[at]) }, durationOf(trace, row)), hasFlag(trace, row, ERROR) && el('span.type.failed', {}, 'error')))),
    rows.length > MAX_LISTED && el('p', {}, `and ${formatCount(rows.length - MAX_LISTED)} more`));
}

function differenceTable(found, spansA, spansB, read) {
  if (found.length === 0) return el('section', {}, el('h3', {}, 'Attributes'), el('p', {}, `The same in both${read}.`));
  const cell = (values, spans) => el('td', {}, values.length === 0 ? '–' : values.slice(0, MAX_VALUES).map(([value, count]) =>
    el('div', {}, value.slice(0, 120), count < spans && el('small', {}, ` ${formatShare(count / spans)}`))),
  values.length > MAX_VALUES && el('div', {}, `${formatCount(values.length - MAX_VALUES)} more`));
  return el('section', {}, el('h3', {}, `Attributes that differ${read}`), el('table.differences', {},
    el('thead', {}, el('tr', {}, ['Attribute', 'A', 'B'].map((title) => el('th', { scope: 'col' }, title)))),
    el('tbody', {}, found.map(({ key, inA, inB }) => el('tr', {}, el('th', { scope: 'row' }, key), cell(inA, spansA), cell(inB, spansB))))));
}
