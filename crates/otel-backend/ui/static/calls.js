import { conditionOf } from './conditions.js';
import { TARGETS, targetOf } from './outside-calls.js';
import { percentile } from './percentile.js';
import { valuesOver } from './tempo.js';

const SERVICE = 'resource.service.name';
const QUANTILES = [['p50', 0.5], ['p95', 0.95], ['p99', 0.99]];
/** Spans that receive a call; a call that none of them received went to the outside. */
const RECEIVERS = '{ kind = server || kind = consumer }';

/**
 * The attributes that name a target which sends no spans, each with the condition that it is the one to
 * use, and the fields to group by: Tempo groups quantiles by at most four.
 */
const NAMES = TARGETS.flatMap(([kind, names, systems]) => names.map((name) => ({ kind, name, systems })));
const OUTSIDE = NAMES.map(({ kind, name, systems }, at) => ({
  kind,
  condition: [`span.${name} != nil`, ...NAMES.slice(0, at).map((before) => `span.${before.name} = nil`)].join(' && '),
  fields: [...new Set([SERVICE, `span.${name}`, ...systems.map((key) => `span.${key}`)])],
}));

/**
 * The calls of these services to each other, and all calls to the outside, computed from all their
 * spans: `{ calls, isPartial }` or an error. A call is `{ parent, child, outside, query, count, errors,
 * p50, p95, p99 }`, its durations in microseconds; `query` finds its spans.
 */
export async function measuredCalls(callers, window, signal) {
  const questions = [...callers.map(callsOf), ...OUTSIDE.map(outgoing), ...OUTSIDE.filter(({ kind }) => kind === 'queue').map(taken)];
  const answers = await Promise.all(questions.map((question) => measured(question, window, signal)));
  const error = answers.find((answer) => answer.error)?.error;
  if (error) return { error };
  return { calls: merged(answers.flatMap(({ calls }) => calls)), isPartial: answers.some(({ isPartial }) => isPartial) };
}

/**
 * A question is about groups of spans: `spans(condition)` selects them, with a further condition;
 * `callOf(labels)` says which call a group is. This one is about the calls of a service to others.
 */
const callsOf = (caller) => ({
  fields: [SERVICE],
  spans: (more) => `{ ${textCondition(SERVICE, caller)} } > { ${textCondition(SERVICE, caller, '!=')}${more} }`,
  callOf: (labels) => ({ parent: caller, child: valueOf(labels, SERVICE) }),
});

/** Calls of any service to targets that send no spans. */
const outgoing = ({ condition, fields }) => ({
  fields,
  spans: (more) => `${RECEIVERS} !< { (kind = client || kind = producer) && ${condition}${more} }`,
  callOf: (labels) => ({ parent: valueOf(labels, SERVICE), child: outsideOf(labels)?.name, outside: outsideOf(labels) }),
});

/** Messages that consumers took from queues, unless a traced producer sent them. */
const taken = ({ condition, fields }) => ({
  fields,
  spans: (more) => `{ kind = producer } !> { kind = consumer && ${condition}${more} }`,
  callOf: (labels) => ({ parent: outsideOf(labels)?.name, child: valueOf(labels, SERVICE), outside: outsideOf(labels) }),
});

const outsideOf = (labels) => targetOf((key) => valueOf(labels, `span.${key}`));

/** An absent value is missing, or the text "nil" if all values are absent. */
const valueOf = (labels, field) => (labels[field] && labels[field].value !== 'nil' ? labels[field].value : undefined);

async function measured({ fields, spans, callOf }, window, signal) {
  const counts = await valuesOver(`${spans('')} | count_over_time() by (${[...fields, 'status'].join(', ')})`, window, signal);
  if (counts.error || counts.series.length === 0) return { error: counts.error, calls: [] };
  const shares = QUANTILES.map(([, share]) => share).join(', ');
  const quantiles = await valuesOver(`${spans('')} | quantile_over_time(duration, ${shares}) by (${fields.join(', ')})`, window, signal);
  if (quantiles.error) return quantiles;
  const calls = new Map();
  for (const { labels: { status, ...labels }, value } of counts.series) {
    const call = calls.get(keyOf(labels)) ?? { ...callOf(labels), query: spans(conditionsOf(labels)), count: 0, errors: 0 };
    calls.set(keyOf(labels), { ...call, count: call.count + value, errors: call.errors + (status.value === 'error' ? value : 0) });
  }
  for (const { labels: { p, ...labels }, value } of quantiles.series) {
    const [name] = QUANTILES.find(([, share]) => share === Number(p.value));
    Object.assign(calls.get(keyOf(labels)) ?? {}, { [name]: value * 1e6 });
  }
  // Between the two answers a group may have come or gone.
  const known = [...calls.values()].filter(({ parent, child, p99 }) => parent && child && p99 !== undefined);
  return { calls: known, isPartial: counts.isPartial || quantiles.isPartial };
}

const keyOf = (labels) => JSON.stringify(Object.entries(labels).map(([field, { value }]) => [field, value]));

/** The conditions of a group, to be added to others. */
const conditionsOf = (labels) => Object.keys(labels).filter((field) => valueOf(labels, field)).map((field) => ` && ${textCondition(field, valueOf(labels, field))}`).join('');

const textCondition = (field, value, operator) => conditionOf(field, { type: 'string', value }, operator);

/** Several attributes may name the same target; the quantiles of most of its calls stand for all. */
function merged(calls) {
  const byPair = new Map();
  for (const call of [...calls].sort((a, b) => b.count - a.count)) {
    const same = byPair.get(pairOf(call));
    if (same) Object.assign(same, { count: same.count + call.count, errors: same.errors + call.errors });
    else byPair.set(pairOf(call), call);
  }
  return [...byPair.values()];
}

export const pairOf = ({ parent, child }) => `${parent}\n${child}`;

/**
 * Calls as above, computed from single ones in a sample of traces: `{ parent, child, outside, duration,
 * error, trace, sender }`. They have `traces` in place of a query.
 */
export function sampledCalls(single) {
  const byPair = new Map();
  for (const { duration, error, trace, sender, ...call } of single) {
    if (!byPair.has(pairOf(call))) byPair.set(pairOf(call), { ...call, isSampled: true, durations: [], errors: 0, traces: new Set() });
    const found = byPair.get(pairOf(call));
    found.durations.push(duration);
    for (const id of [trace, sender]) if (id) found.traces.add(id);
    if (error) found.errors++;
  }
  return [...byPair.values()].map(({ durations, ...call }) => {
    durations.sort((a, b) => a - b);
    return { ...call, count: durations.length, ...Object.fromEntries(QUANTILES.map(([name, share]) => [name, percentile(durations, share)])) };
  });
}
