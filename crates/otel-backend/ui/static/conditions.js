import { named } from './format.js';
import { literalOf } from './traceql-tokens.js';

/** Fields whose values are keywords. */
const KEYWORDS = /^(span:)?(status|kind)$/;

/** The condition that a field has a value `{ type, value }`, or `null` for none. */
export function conditionOf(field, value, operator = '=') {
  if (!value) return `${field} ${operator} nil`;
  return `${field} ${operator} ${KEYWORDS.test(field) ? value.value : literalOf(value.type, value.value)}`;
}

/** The condition that not all of these hold; a span that lacks their fields satisfies it, too. */
export const notAll = (conditions) => `!(${conditions.join(' && ')})`;

/** The text of a value on the page. */
export const nameOf = (value) => (value ? named(value.value, '(empty)') : '(none)');
