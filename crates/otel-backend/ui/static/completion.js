import { COMPARISONS, tokensOf } from './traceql-tokens.js';

/** The stages that can follow a pipe. */
const STAGES = [['select(', 'show fields'], ['by(', 'group the spans of a trace'], ['count() > ', 'how many spans of a trace'],
  ['avg(duration) > ', 'of the spans of a trace'], ['max(duration) > ', 'of the spans of a trace'], ['{ ', 'of these, only']];
/** The operators that can follow a selector. */
const JOINTS = [['| ', 'then'], ['&& ', 'in the same trace'], ['|| ', 'or'], ['>> ', 'has below it, at any depth'], ['> ', 'has as child'],
  ['<< ', 'lies below, at any depth'], ['~ ', 'has as sibling']];
const DURATIONS = ['1ms', '10ms', '100ms', '500ms', '1s', '5s'];
const OPERATORS = new Map([['=', 'is'], ['!=', 'is not'], ['=~', 'matches'], ['!~', 'does not match'], ['>', 'more'], ['>=', 'or more'], ['<', 'less'], ['<=', 'or less']]);

/**
 * The context at the caret of a query: `{ kind, word, from, field, within }`. `word` is the typed
 * part, starting at `from`; the kind is `start`, `stage`, `joint`, `field`, `operator`, `value` (of
 * `field`) or `connective`. `within` is the selector's text before this condition.
 */
export function contextOf(query, caret) {
  const tokens = tokensOf(query.slice(0, caret));
  const last = tokens.at(-1);
  const isTyped = last && last.to === caret && last.kind !== 'symbol';
  const word = isTyped ? tokens.pop().text : '';
  const context = { word, from: caret - word.length };
  const open = openOf(tokens);
  const before = tokens.at(-1)?.text;
  if (!before) return { ...context, kind: 'start' };
  if (open?.text === '{') return { ...context, ...inSelector(query, tokens, open) };
  if (before === '|') return { ...context, kind: 'stage' };
  if (open && /^(select|by|min|max|avg|sum)$/.test(tokens[open.at - 1]?.text ?? '')) return { ...context, kind: before === '(' || before === ',' ? 'field' : 'none', within: '' };
  if (before === '}' || before === ')') return { ...context, kind: 'joint' };
  return { ...context, kind: word ? 'none' : 'start' };
}

/** The open brace at the end, or else the innermost open parenthesis. */
function openOf(tokens) {
  const opened = [];
  for (const [at, token] of tokens.entries()) {
    if (token.text === '{' || token.text === '(') opened.push({ ...token, at });
    if (token.text === '}' || token.text === ')') opened.pop();
  }
  return opened.findLast(({ text }) => text === '{') ?? opened.at(-1) ?? null;
}

function inSelector(query, tokens, open) {
  const { text: before, kind } = tokens.at(-1);
  const at = tokens.findLastIndex(({ text }, index) => index <= open.at || ['&&', '||', '(', '!'].includes(text));
  const within = query.slice(open.from, tokens[at].from + (at === open.at ? 1 : 0));
  if (['{', '(', '&&', '||', '!'].includes(before)) return { kind: 'field', within };
  if (COMPARISONS.includes(before)) return { kind: 'value', field: tokens.at(-2)?.text ?? '', within };
  const isValue = COMPARISONS.includes(tokens.at(-2)?.text);
  if (kind === 'word' && !isValue) return { kind: 'operator', field: before, within };
  return { kind: 'connective', within };
}

/**
 * The completions in a context: `[text, description]`. `source` provides the store's fields and
 * values.
 */
export async function offersAt(context, source) {
  const { kind, field, within, word } = context;
  if (kind === 'start') return [['{ ', 'spans that satisfy']];
  if (kind === 'stage') return matching(STAGES, word);
  if (kind === 'joint') return word ? [] : JOINTS;
  if (kind === 'connective') return word ? [] : [['&& ', 'and'], ['|| ', 'or'], ['} ', 'that is all']];
  if (kind === 'operator') return word ? [] : operatorsOf(field).map((operator) => [`${operator} `, OPERATORS.get(operator)]);
  if (kind === 'field') return matching(await source.fields(within), word).map(([name, scope]) => [`${name} `, scope]);
  if (kind !== 'value') return [];
  if (/duration$/i.test(field)) return matching(DURATIONS.map((text) => [text, '']), word).map(([text]) => [`${text} `, '']);
  return matching(await source.values(field, within), word.replace(/^["`]/, '')).map(([literal, type]) => [`${literal} `, type]);
}

function operatorsOf(field) {
  if (/^(span:)?(status|kind)$/.test(field)) return ['=', '!='];
  if (/duration$/i.test(field)) return ['>', '>=', '<', '<='];
  return COMPARISONS;
}

/**
 * The matching completions: first those that begin with the word, then those that contain it, in upper
 * or lower case.
 */
function matching(offers, word) {
  const wanted = word.toLowerCase();
  if (!wanted) return offers;
  const rank = ([text]) => {
    const at = text.toLowerCase().replace(/^"/, '').indexOf(wanted);
    return at < 0 ? 2 : Math.min(at, 1);
  };
  const ranked = offers.map((offer) => [rank(offer), offer]).filter(([place]) => place < 2);
  return ranked.sort(([a], [b]) => a - b).map(([, offer]) => offer);
}
