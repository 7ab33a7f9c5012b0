const TOKENS = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g;
const INDENT = '  ';
/** The longest text that is indented; longer ones would take too long. */
const MAX_LENGTH = 2_000_000;

/**
 * Indents JSON, with each number, key and text exactly as it was sent: a parser would round large
 * numbers and drop repeated keys. `null` if the text is not a list or an object.
 */
export function indentJson(text) {
  if (!isStructure(text)) return null;
  let result = '';
  let depth = 0;
  let previous = '';
  const newLine = () => `\n${INDENT.repeat(depth)}`;
  for (const [token] of text.matchAll(TOKENS)) {
    const isClose = token === ']' || token === '}';
    if (isClose) depth--;
    const isOpened = previous === '[' || previous === '{';
    if (isClose ? !isOpened : isOpened || previous === ',') result += newLine();
    if (previous === ':') result += ' ';
    result += token;
    if (token === '[' || token === '{') depth++;
    previous = token;
  }
  return result;
}

/** Returns true if the text is a list or an object in JSON. */
function isStructure(text) {
  if (!/^\s*[[{]/.test(text) || text.length > MAX_LENGTH) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
