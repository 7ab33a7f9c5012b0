/** A word goes on until something that cannot belong to a name; parts of it may stand in quotes. */
const TOKEN = /(\s+)|(\/\/[^\n]*|\/\*.*?(?:\*\/|$))|("(?:[^"\\]|\\.)*"?|`[^`]*`?)|(=~|!~|!=|>=|<=|&&|\|\||!>>|!<<|&>>|&<<|>>|<<|&>|&<|&~|[{}()=<>!|,~^+*%&])|((?:[^\s{}()=~!<>&|^,"`]|"(?:[^"\\]|\\.)*"?)+)|(.)/gsy;

export const COMPARISONS = ['=', '!=', '=~', '!~', '>', '>=', '<', '<='];

/**
 * The words of a query, also of one that is not finished: `{ text, from, to, kind }`. The kind is
 * `text`, `symbol`, `number` or `word`; spaces and comments are left out.
 */
export function tokensOf(query) {
  const tokens = [];
  for (const { index: from, 0: text, ...match } of query.matchAll(TOKEN)) {
    if (match[1] || match[2]) continue;
    tokens.push({ text, from, to: from + text.length, kind: kindOf(match, text) });
  }
  return tokens;
}

function kindOf(match, text) {
  if (match[3]) return 'text';
  if (match[4] || match[6]) return 'symbol';
  return /^-?\.?\d/.test(text) ? 'number' : 'word';
}

/** A value as a query names it: texts in quotes, words of the language and numbers as they are. */
export const literalOf = (type, value) => (type === 'string' ? JSON.stringify(value) : String(value));

/** A field for a key, with its scope; what cannot stand in a name is quoted. */
export function fieldOf(scope, key) {
  const prefix = scope === 'any' ? '.' : `${scope}.`;
  return prefix + (/^[^\s{}()=~!<>&|^,"`]+$/.test(key) ? key : JSON.stringify(key));
}

/** The key of a field, as answers name it. */
export function bareName(field) {
  const name = field.replace(/^(span|resource|event|link|instrumentation)?\./, '');
  return name.startsWith('"') ? JSON.parse(name) : name;
}
