import { conditionOf, nameOf } from './conditions.js';
import { el, toast } from './dom.js';
import { formatCount, formatMoment, formatShare, plural } from './format.js';
import { valuesOver } from './tempo.js';
import { durationOf, pipelineOf } from './traceql-query.js';
import { tokensOf } from './traceql-tokens.js';

/** The values of an attribute that are requested for each side, and those that are shown. */
const ASKED = 20;
const SHOWN = 6;
/** The most attributes that are shown. */
const MOST_ATTRIBUTES = 40;
/** The smallest difference of shares that is shown. */
const LEAST_DIFFERENCE = 0.01;
const SIDES = { selection: 'chosen', baseline: 'rest' };

/** Shows how the attributes of some spans differ from those of the rest, most different first. */
export class Differences {
  #on;

  /**
   * `choose({ selector, from, to })` is called when others are to be compared, `narrow(conditions)` for
   * a value, `exclude(conditions)` for all but one.
   */
  constructor(on) {
    this.#on = on;
    const { choose } = on;
    this.errors = el('button', { type: 'button', onclick: () => choose({ selector: '{ status = error }' }) }, 'Errors');
    this.slow = el('button', { type: 'button', title: 'The slowest 5 % of the spans or some more', onclick: () => this.#chooseSlow() }, 'Slowest');
    this.note = el('p.note', { role: 'status' });
    this.bar = [el('span', {}, 'What is different about'), this.errors, this.slow, this.note];
    this.node = el('div.differing', { tabindex: 0, role: 'region', 'aria-label': 'Attributes that differ' });
  }

  async load({ q, chosen }, window, signal) {
    this.asked = { q, window, signal };
    this.errors.setAttribute('aria-pressed', chosen?.selector === '{ status = error }');
    this.slow.setAttribute('aria-pressed', /^\{ duration >= \S+ \}$/.test(chosen?.selector) && !chosen.from);
    if (!chosen) {
      this.note.textContent = '';
      this.node.replaceChildren(el('p.hint', {}, 'Choose the errors or the slowest spans above, or drag over a region of the heat map. Their attributes are compared with those of all other spans that match.'));
      return null;
    }
    const answer = await differencesOf(q, chosen, window, signal);
    if (signal.aborted || answer.error) return answer.error;
    this.note.textContent = `${wordsOf(chosen)}: ${plural(answer.chosen, 'span')}, compared with ${formatCount(answer.rest)} others`;
    this.node.replaceChildren(...this.#cards(answer));
    return null;
  }

  async #chooseSlow() {
    const { q, window, signal } = this.asked;
    const { series = [], error } = await valuesOver(`${pipelineOf(q)} | quantile_over_time(duration, 0.95)`, window, signal);
    if (error && !signal.aborted) toast(`The slowest spans are not known: ${error.message}`);
    if (signal.aborted || series.length === 0) return;
    // The 95th percentile is exact to a power of two, and so is the bound: at least 5 % are above it.
    const below = 2 ** (Math.ceil(Math.log2(series[0].value * 1e9) - 1e-9) - 1);
    this.#on.choose({ selector: `{ duration >= ${durationOf(below + 1)} }` });
  }

  #cards({ chosen, rest, attributes }) {
    if (chosen === 0) return [el('p.hint', {}, 'No span was chosen: narrow or widen the search.')];
    if (rest === 0) return [el('p.hint', {}, 'All spans that match were chosen; there are no others to compare them with.')];
    if (attributes.length === 0) return [el('p.hint', {}, 'Their attributes are spread as those of the others.')];
    return attributes.map((attribute) => this.#card(attribute));
  }

  #card({ field, difference, values }) {
    return el('section.attribute', { 'aria-label': field },
      el('h3', {}, el('code', {}, field), el('span.note', { title: 'The largest difference between the shares of a value' }, `differs by ${formatShare(difference)}`)),
      el('div.sides-head', { 'aria-hidden': 'true' }, el('span'), el('span', {}, 'Chosen'), el('span', {}, 'Others')),
      values.slice(0, SHOWN).map((value) => this.#value(field, value)));
  }

  #value(field, { value, chosen, rest }) {
    const name = nameOf(value);
    const side = (className, { count, share, isAtMost }) => el(`span.side.${className}`, { '--share': `${100 * share}%` }, el('i'), `${isAtMost ? '≤ ' : ''}${formatShare(share)} · ${formatCount(count)}`);
    const [title, conditions] = [`${field} = ${name.slice(0, 200)}`, [conditionOf(field, value)]];
    return el('div.value-row', {},
      el('button.value', { type: 'button', title: `Only spans with ${title}`, onclick: () => this.#on.narrow(conditions) },
        el('span.name', {}, name.slice(0, 200)), side('chosen', chosen), side('rest', rest)),
      el('button.more', { type: 'button', 'aria-label': `Exclude ${title}`, title: `Only spans without ${title}`, onclick: () => this.#on.exclude(conditions) }, '≠'));
  }
}

function wordsOf({ selector, from, to }) {
  if (selector === '{ status = error }') return 'Errors';
  const [, least] = /^\{ duration >= (\S+) \}$/.exec(selector) ?? [];
  if (least && !from) return `Spans of ${least} or more`;
  const [, above, most] = /^\{ duration >= (\S+) && duration <= (\S+) \}$/.exec(selector) ?? [];
  const times = from ? `, ${formatMoment(from * 1e6)} to ${formatMoment(to * 1e6)}` : '';
  return above ? `Spans of ${above} to ${most}${times}` : `${selector.slice(1, -1).trim() === 'true' ? 'Spans' : selector}${times}`;
}

/**
 * Returns `{ chosen, rest, attributes }`: the number of spans on each side, and the attributes whose
 * values have different shares of them; or an error.
 */
export async function differencesOf(query, { selector, from, to }, window, signal) {
  const times = from ? `, ${Math.round(from * 1e3)}000000, ${Math.round(to * 1e3)}000000` : '';
  const answer = await valuesOver(`${pipelineOf(query)} | compare(${selector}, ${ASKED}${times})`, window, signal);
  return answer.error ? answer : ranked(answer.series, new Set(tokensOf(selector).map(({ text }) => text)));
}

/** The attributes in an answer of `compare()`, most different first, without those of the selection. */
export function ranked(series, choosing = new Set()) {
  const totals = { chosen: 0, rest: 0 };
  const attributes = new Map();
  for (const { labels, value: count } of series) {
    const { __meta_type: { value: meta }, ...rest } = labels;
    const [[field, value] = []] = Object.entries(rest);
    const side = SIDES[meta.replace('_total', '')];
    if (!field || !side) continue;
    if (!attributes.has(field)) attributes.set(field, { field, having: { chosen: 0, rest: 0 }, values: new Map() });
    const attribute = attributes.get(field);
    if (!meta.endsWith('_total')) addValue(attribute, value, side, count);
    else {
      attribute.having[side] = count;
      // A field that all spans have gives the total of a side.
      totals[side] = Math.max(totals[side], count);
    }
  }
  const telling = [...attributes.values()].filter(({ field }) => !choosing.has(field)).map((attribute) => compared(attribute, totals)).filter(({ difference }) => difference >= LEAST_DIFFERENCE);
  // Failures have messages by their nature, so these come last.
  const isOwn = ({ field }) => Number(choosing.has('status') && field === 'statusMessage');
  return { ...totals, attributes: telling.sort((a, b) => isOwn(a) - isOwn(b) || b.difference - a.difference).slice(0, MOST_ATTRIBUTES) };
}

function addValue({ values }, value, side, count) {
  const key = JSON.stringify(value);
  if (!values.has(key)) values.set(key, { value, chosen: 0, rest: 0 });
  values.get(key)[side] = count;
}

/** The attribute with the share of each value on both sides; a missing value counts as a value. */
function compared({ field, having, values }, totals) {
  const all = [...values.values()];
  const lacking = { value: null, chosen: totals.chosen - having.chosen, rest: totals.rest - having.rest };
  if (lacking.chosen || lacking.rest) all.push(lacking);
  const shares = all.map(({ value, ...counts }) => ({ value, ...Object.fromEntries(Object.values(SIDES).map((side) => [side, shareOf(counts[side], side, values, totals)])) }));
  const apart = ({ chosen, rest }) => Math.abs(chosen.share - rest.share);
  shares.sort((a, b) => apart(b) - apart(a) || b.chosen.share - a.chosen.share);
  return { field, difference: shares.length ? apart(shares[0]) : 0, values: shares };
}

/** A value that is missing in a full list is at most as frequent as the last value of the list. */
function shareOf(count, side, values, totals) {
  const listed = [...values.values()].map((value) => value[side]).filter(Boolean);
  const isAtMost = !count && listed.length >= ASKED;
  const known = isAtMost ? Math.min(...listed) : count;
  return { count: known, share: known / Math.max(1, totals[side]), isAtMost };
}
