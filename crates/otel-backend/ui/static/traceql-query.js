import { tokensOf } from './traceql-tokens.js';

/** Functions that compute metrics; a query with one is shown by its spans. */
const METRICS = /^(rate|compare|(count|min|max|avg|sum|histogram|quantile)_over_time)$/;

/** All spans. */
export const EVERYTHING = '{}';

/** The part of a query that selects spans: everything up to metrics and hints. */
export function pipelineOf(query) {
  const tokens = tokensOf(query);
  let depth = 0;
  for (const [at, { text, from }] of tokens.entries()) {
    if (text === '(' || text === '{') depth++;
    if (text === ')' || text === '}') depth--;
    if (depth > 0) continue;
    if (text === 'with' && tokens[at + 1]?.text === '(') return query.slice(0, from).trim();
    if (text === '|' && METRICS.test(tokens[at + 1]?.text ?? '')) return query.slice(0, from).trim();
  }
  return query.trim();
}

/** The query with these additional conditions on its spans. */
export function narrowed(query, ...conditions) {
  const pipeline = pipelineOf(query);
  const inside = insideOf(pipeline);
  if (inside === null) return `${pipeline} | { ${conditions.join(' && ')} }`;
  const tokens = tokensOf(inside);
  if (tokens.length === 0 || inside.trim() === 'true') return `{ ${conditions.join(' && ')} }`;
  const conjuncts = conjunctsOf(inside);
  if (!conjuncts) return `{ ${[`(${inside.trim()})`, ...conditions].join(' && ')} }`;
  const replaced = new Set(conditions.map((condition) => boundOf(tokensOf(condition)) ?? condition));
  const kept = conjuncts.filter((tokens) => !replaced.has(boundOf(tokens) ?? textOf(inside, tokens)));
  return `{ ${[...kept.map((tokens) => textOf(inside, tokens)), ...conditions].join(' && ')} }`;
}

/**
 * The common form "duration >" of all lower bounds of the duration, so that a new one replaces the
 * old.
 */
function boundOf([field, operator, value]) {
  return field.text === 'duration' && value?.kind === 'number' && /^[<>]/.test(operator.text) ? `duration ${operator.text[0]}` : null;
}

/** The inside of the braces of a query that is a single selector; `null` for any other. */
export function insideOf(query) {
  const tokens = tokensOf(query);
  if (tokens[0]?.text !== '{' || tokens.at(-1).text !== '}') return null;
  if (tokens.filter(({ text }) => text === '{' || text === '}').length !== 2) return null;
  return query.slice(tokens[0].to, tokens.at(-1).from);
}

/** The conditions, as lists of tokens, that are joined only by `&&`; `null` if other operators occur. */
export function conjunctsOf(inside) {
  const conjuncts = [[]];
  let depth = 0;
  for (const token of tokensOf(inside)) {
    if (token.text === '(') depth++;
    if (token.text === ')') depth--;
    if (depth === 0 && token.text === '||') return null;
    if (depth === 0 && token.text === '&&') conjuncts.push([]);
    else conjuncts.at(-1).push(token);
  }
  return conjuncts.filter(({ length }) => length);
}

export const textOf = (query, tokens) => query.slice(tokens[0].from, tokens.at(-1).to);

/** A duration in nanoseconds as a TraceQL literal. */
export function durationOf(nanos) {
  const [unit, size] = [['s', 1e9], ['ms', 1e6], ['us', 1e3]].find(([, least]) => nanos >= least) ?? ['ns', 1];
  return `${nanos / size}${unit}`;
}
