const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|[()]|\s+|[\w$.@:]+|[^\s\w]/g;
/** Words that begin a clause, and words that begin a part of one. */
const CLAUSES = new Set(['select', 'from', 'where', 'group', 'order', 'having', 'limit', 'offset', 'union', 'insert', 'values',
  'update', 'set', 'delete', 'returning', 'left', 'right', 'inner', 'outer', 'full', 'cross', 'join', 'with', 'on']);
const PARTS = new Set(['and', 'or']);
/** A clause continues after these: LEFT OUTER JOIN, DELETE FROM, GROUP BY. */
const LEADERS = new Set(['left', 'right', 'inner', 'outer', 'full', 'cross', 'delete', 'insert', 'union']);

/** Attributes that hold a query. */
export const isQueryKey = (key) => /^(db\.(query\.text|statement)|(.*\.)?sql(\.query)?)$/.test(key);

/** Formats a query with each clause on a line of its own. Only white space is changed. */
export function formatSql(text) {
  let result = '';
  let depth = 0;
  let previous = '';
  for (const [token] of text.trim().matchAll(TOKENS)) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    const word = token.toLowerCase();
    const begins = depth === 0 && !LEADERS.has(previous) && (CLAUSES.has(word) || PARTS.has(word));
    if (begins && result) result = `${result.trimEnd()}\n${PARTS.has(word) ? '  ' : ''}`;
    result += /^\s+$/.test(token) ? (result.endsWith('\n') ? '' : ' ') : token;
    if (token.startsWith('--')) result += '\n';
    if (token.trim()) previous = word;
  }
  return result;
}
