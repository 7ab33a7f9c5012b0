/** A word continues until a character that cannot be part of a name; parts of it may be in quotes. */
const TOKEN = /(\s+)|(\/\/[^\n]*|\/\*.*?(?:\*\/|$))|("(?:[^"\\]|\\.)*"?|`[^`]*`?)|(=~|!~|!=|>=|<=|&&|\|\||!>>|!<<|&>>|&<<|>>|<<|&>|&<|&~|[{}()=<>!|,~^+*%&])|((?:[^\s{}()=~!<>&|^,"`]|"(?:[^"\\]|\\.)*"?)+)|(.)/gsy;

export const COMPARISONS = ['=', '!=', '=~', '!~', '>', '>=', '<', '<='];

/**
 * The tokens of a query, which may be unfinished: `{ text, from, to, kind }`. The kind is `text`,
 * `symbol`, `number` or `word`; spaces and comments are left out.
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

/** A value as a TraceQL literal: texts in quotes, keywords and numbers unchanged. */
export const literalOf = (type, value) => (type === 'string' ? JSON.stringify(value) : String(value));

/** The field for a key, with its scope; characters that a name cannot contain are quoted. */
export function fieldOf(scope, key) {
  const prefix = scope === 'any' ? '.' : `${scope}.`;
  return prefix + (/^[^\s{}()=~!<>&|^,"`]+$/.test(key) ? key : JSON.stringify(key));
}

/** Fields that have a longer name, too; answers have the shorter one. */
const SHORT_NAMES = new Map([
  ...['name', 'kind', 'status', 'statusMessage', 'duration'].map((name) => [`span:${name}`, name]),
  ['trace:rootName', 'rootName'], ['trace:rootService', 'rootServiceName'], ['trace:duration', 'traceDuration'],
]);

/** A field as the labels of an answer name it: by its shorter name, and without quotes that it does not need. */
export function labelOf(field) {
  const [, scope, quoted] = /^(\w*)\.(".*")$/s.exec(field) ?? [];
  return quoted === undefined ? SHORT_NAMES.get(field) ?? field : fieldOf(scope || 'any', unquoted(quoted));
}

/** The key of a field, as the attributes of an answer name it. */
export const bareName = (field) => unquoted(labelOf(field).replace(/^(span|resource|event|link|instrumentation)?\./, ''));

function unquoted(name) {
  try {
    return name.startsWith('"') ? JSON.parse(name) : name;
  } catch {
    return name;
  }
}
