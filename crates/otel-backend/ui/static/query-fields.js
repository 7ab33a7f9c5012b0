import { conjunctsOf, insideOf, textOf } from './traceql-query.js';
import { fieldOf } from './traceql-tokens.js';

/** Tags that are fields of a span in TraceQL, by Jaeger's names. */
const INTRINSIC = new Map([['span.kind', 'kind'], ['otel.status_description', 'statusMessage'],
  ['otel.scope.name', 'instrumentation:name'], ['otel.scope.version', 'instrumentation:version']]);
const KEYWORDS = new Set(['status', 'kind']);

/** The fields of the form as TraceQL; one span must satisfy them all. */
export function traceqlOf({ service, operation, tags, minDuration, maxDuration }) {
  const conditions = [
    service && `resource.service.name = ${JSON.stringify(service)}`,
    operation && `name = ${JSON.stringify(operation)}`,
    ...Object.entries(tags).map(([key, value]) => conditionOf(key, value)),
    minDuration && `duration >= ${durationText(minDuration)}`,
    maxDuration && `duration <= ${durationText(maxDuration)}`,
  ].filter(Boolean);
  return conditions.length ? `{ ${conditions.join(' && ')} }` : '{}';
}

/** A tag of the form, whose value has no type: a number or a boolean may also have been sent as text. */
function conditionOf(key, value) {
  if (key === 'error' && /^(true|false)$/.test(value)) return `status ${value === 'true' ? '=' : '!='} error`;
  if (key === 'otel.status_code' && /^(OK|ERROR)$/.test(value)) return `status = ${value.toLowerCase()}`;
  const intrinsic = INTRINSIC.get(key);
  if (intrinsic) return `${intrinsic} = ${KEYWORDS.has(intrinsic) ? value : JSON.stringify(value)}`;
  const field = key.startsWith('resource.') ? fieldOf('resource', key.slice('resource.'.length)) : fieldOf('any', key);
  const text = `${field} = ${JSON.stringify(value)}`;
  return isBare(value) ? `(${field} = ${value} || ${text})` : text;
}

const isBare = (value) => /^(true|false|-?(0|[1-9]\d{0,17})(\.\d+)?)$/.test(value);

/** As typed, without spaces, and with a unit that the language has. */
const durationText = (text) => text.replaceAll(/\s/g, '').replaceAll('µs', 'us');

/** The fields of the form that are equivalent to a query; `null` if the form cannot express it. */
export function fieldsOf(query) {
  const inside = insideOf(query);
  const conjuncts = inside === null ? null : conjunctsOf(inside);
  if (!conjuncts) return null;
  const fields = { service: '', operation: '', tags: {}, minDuration: '', maxDuration: '' };
  for (const tokens of conjuncts) if (!take(fields, inside, tokens)) return null;
  return fields;
}

function take(fields, inside, tokens) {
  const alternative = tokens[0].text === '(' ? readAlternative(inside, tokens) : null;
  if (alternative) return set(fields.tags, ...alternative);
  const [{ text: field }, { text: operator } = {}, value] = tokens;
  if (tokens.length === 1 && field === 'true') return true;
  if (tokens.length !== 3) return false;
  if (operator === '=' && field === 'resource.service.name') return set(fields, 'service', textIn(value));
  if (operator === '=' && (field === 'name' || field === 'span:name')) return set(fields, 'operation', textIn(value));
  if (field === 'status' && value.text === 'error' && (operator === '=' || operator === '!=')) return set(fields.tags, 'error', String(operator === '='));
  if (field === 'duration' && value.kind === 'number' && operator === '>=') return set(fields, 'minDuration', value.text);
  if (field === 'duration' && value.kind === 'number' && operator === '<=') return set(fields, 'maxDuration', value.text);
  const key = operator === '=' ? keyOf(field, value) : null;
  return key !== null && set(fields.tags, key, textIn(value) ?? value.text);
}

/** Parses `(.a = 1 || .a = "1")`, which stands for `a=1` in the form. */
function readAlternative(inside, tokens) {
  const [, field, , bare] = tokens;
  const key = field && bare && keyOf(field.text, { kind: 'text' });
  if (key == null || conditionOf(key, bare.text) !== textOf(inside, tokens)) return null;
  return [key, bare.text];
}

/** The tag for a field, if it has the same meaning in the form. */
function keyOf(field, { kind, text }) {
  for (const [key, name] of INTRINSIC) if (name === field) return key;
  if (kind !== 'text' || (text && isBare(textIn({ kind, text }) ?? ''))) return null;
  if (field.startsWith('resource.')) return field.includes('"') ? null : field;
  return field.startsWith('.') && !field.includes('"') ? field.slice(1) : null;
}

/** The content of a text; `null` for anything else, and for an unfinished text. */
function textIn({ kind, text }) {
  if (kind !== 'text') return null;
  if (text.startsWith('`')) return text.slice(1, -1);
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Sets what is not set yet; a second condition would have another meaning. */
function set(fields, name, value) {
  if (value === null || fields[name]) return false;
  fields[name] = value;
  return true;
}
