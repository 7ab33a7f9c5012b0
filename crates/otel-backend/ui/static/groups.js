import { conditionOf, nameOf } from './conditions.js';
import { el } from './dom.js';
import { formatCount, formatDuration, formatShare, plural } from './format.js';
import { popUp } from './popup.js';
import { serviceUrl } from './route.js';
import { SortableTable } from './sortable-table.js';
import { sparkLine } from './spark-line.js';
import { seriesOf, valuesOver } from './tempo.js';
import { pipelineOf } from './traceql-query.js';
import { labelOf } from './traceql-tokens.js';

export const DEFAULT_GROUPS = 'resource.service.name, name';
/** The most groups of which everything is requested; of more, only the sizes of the largest. */
const MOST_GROUPS = 1000;
const OFFERED = [[DEFAULT_GROUPS, 'Operation'], ['resource.service.name', 'Service'], ['name', 'Span name'], ['status', 'Status'], ['kind', 'Kind']];

/** Groups the matching spans by the values of some fields. */
export class Groups {
  #source;
  #table = null;
  #on;

  /**
   * `regroup(fields)` is called when other groups are wanted, `narrow(conditions)` for one of them,
   * `exclude(conditions)` for all but one.
   */
  constructor(source, { regroup, ...on }) {
    this.#source = source;
    this.#on = on;
    this.field = el('input', { id: 'by', list: 'by-list', spellcheck: 'false', autocomplete: 'off', onfocus: () => this.#offer(), onchange: () => regroup(this.field.value.trim() || DEFAULT_GROUPS) });
    this.offers = el('datalist', { id: 'by-list' });
    this.note = el('p.note', { role: 'status' });
    this.bar = [el('label', { for: 'by' }, 'Group by'), this.field, this.offers, this.note];
    this.node = el('div.grouped');
  }

  async load({ q, by }, window, signal) {
    const fields = by || DEFAULT_GROUPS;
    this.field.value = fields;
    const answer = await groupsOf(q, fields, window, signal);
    if (signal.aborted) return null;
    // A field that is refused can be corrected here; anything else can be tried again.
    if (answer.error && answer.error.status !== 400) return answer.error;
    if (answer.error) {
      this.node.replaceChildren(el('p.problem', {}, `The groups could not be made: ${answer.error.message}.`));
      return null;
    }
    const { groups, isPartial, isCut } = answer;
    this.note.textContent = isCut ? `The ${plural(groups.length, 'largest group')}; there are more: group by fields with fewer values, to see errors and latencies too`
      : `${plural(groups.length, 'group')}${isPartial ? '; there are more than can be counted: group by fields with fewer values' : ''}`;
    const names = fieldsIn(fields);
    const conditionsOf = ({ values }) => names.map((field, at) => conditionOf(field, values[at]));
    this.#table = tableOf(names, isCut, {
      pick: (group) => this.#on.narrow(conditionsOf(group)),
      menu: (group, node) => popUp(node, [
        ['Only these spans', () => this.#on.narrow(conditionsOf(group))],
        ['Without these spans', () => this.#on.exclude(conditionsOf(group))],
        ...servicesIn(names, group).map((name) => [`Page of ${name}`.slice(0, 120), serviceUrl(name)]),
      ]),
    });
    this.node.replaceChildren(this.#table.node);
    this.#table.set(groups);
    return null;
  }

  destroy() {
    this.#table?.destroy();
  }

  async #offer() {
    const known = await this.#source.fields();
    const offered = new Set(OFFERED.map(([field]) => field));
    this.offers.replaceChildren(...[...OFFERED, ...known.filter(([field]) => !offered.has(field))].map(([field, title]) => el('option', { value: field }, title)));
  }
}

/** The fields in a comma-separated list; a comma within quotes does not separate. */
export const fieldsIn = (list) => [...list.matchAll(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g)].map(([field]) => field.trim()).filter(Boolean);

/**
 * The groups, `{ values, counts, count, errors, p50, p95, p99 }`, or an error: `counts` are the spans
 * in each step, quantiles are in seconds. If there are too many, `isCut` is true, and there are only the values
 * and counts of the largest.
 */
export async function groupsOf(query, by, window, signal) {
  const pipeline = pipelineOf(query);
  const fields = fieldsIn(by);
  const { series: largest, error: refused } = await valuesOver(`${pipeline} | count_over_time() by (${fields.join(', ')}) | topk(${MOST_GROUPS + 1})`, window, signal);
  if (refused) return { error: refused };
  if (largest.length > MOST_GROUPS) {
    const groups = largest.map(({ labels, value }) => ({ values: fields.map((field) => valueOf(labels, field)), count: value }));
    return { groups: groups.sort((a, b) => b.count - a.count).slice(0, MOST_GROUPS), isCut: true };
  }
  const [counts, quantiles] = await Promise.all([
    seriesOf(`${pipeline} | count_over_time() by (${[...fields.filter((field) => field !== 'status'), 'status'].join(', ')})`, window, signal),
    valuesOver(`${pipeline} | quantile_over_time(duration, 0.5, 0.95, 0.99) by (${fields.join(', ')})`, window, signal),
  ]);
  const error = counts.error ?? quantiles.error;
  if (error) return { error };
  const groups = new Map();
  const groupOf = (labels) => {
    const values = fields.map((field) => valueOf(labels, field));
    const key = JSON.stringify(values);
    if (!groups.has(key)) groups.set(key, { values, counts: [], count: 0, errors: 0, p50: 0, p95: 0, p99: 0 });
    return groups.get(key);
  };
  for (const { labels, values } of counts.series) addCounts(groupOf(labels), values, labels.status?.value === 'error');
  for (const { labels, value } of quantiles.series) groupOf(labels)[`p${Math.round(100 * Number(labels.p.value))}`] = value;
  return { groups: [...groups.values()].filter(({ count }) => count > 0), isPartial: counts.isPartial || quantiles.isPartial };
}

/** If no field has a value, the API gives the first one as the text "nil". */
function valueOf(labels, field) {
  const value = labels[labelOf(field)] ?? null;
  return value?.type === 'string' && value.value === 'nil' ? null : value;
}

function addCounts(group, values, isError) {
  const sum = values.reduce((total, value) => total + (value ?? 0), 0);
  group.counts = values.map((value, at) => (value ?? 0) + (group.counts[at] ?? 0));
  group.count += sum;
  if (isError) group.errors += sum;
}

const servicesIn = (names, { values }) => values.filter((value, at) => value && names[at] === 'resource.service.name').map(({ value }) => value);

function tableOf(names, isCut, on) {
  const named = names.map((field, at) => ({
    title: { 'resource.service.name': 'Service', name: 'Span name' }[field] ?? field, width: 'minmax(140px, 1fr)',
    text: ({ values }) => nameOf(values[at]).slice(0, 300), by: ({ values }) => nameOf(values[at]),
  }));
  return new SortableTable({
    label: 'Groups', sorted: named.length, ...on,
    columns: [
      ...named,
      { title: 'Spans', width: '88px', numeric: true, text: ({ count }) => formatCount(count), by: ({ count }) => count },
      ...(isCut ? [] : figuresOf()),
    ],
  });
}

/** The columns that only a few groups have. */
function figuresOf() {
  const duration = (name) => ({ title: name, width: '88px', numeric: true, text: (group) => formatDuration(group[name] * 1e6), by: (group) => group[name] });
  return [
    { title: 'Over time', width: '120px', text: () => '', by: ({ count }) => count, cell: (node, { count, counts }) => node.replaceChildren(sparkLine(counts, `${plural(count, 'span')}, at most ${formatCount(Math.max(...counts))} in a step`)) },
    { title: 'Errors', width: '80px', numeric: true, text: ({ count, errors }) => (errors ? formatShare(errors / count) : ''), by: ({ count, errors }) => errors / count },
    ...['p50', 'p95', 'p99'].map(duration),
  ];
}
