import { copy, el, iconButton } from './dom.js';
import { formatCount, named } from './format.js';
import { indentJson } from './json-text.js';
import { longText } from './long-text.js';
import { formatSql, isQueryKey } from './sql-text.js';

/** Attributes shown before "show more". */
const FIRST_TAGS = 60;

/** The value of an attribute as it was sent. */
export const textOf = (value) => (typeof value === 'string' ? value : JSON.stringify(value) ?? '');

/** A table of attributes: name, value, type. `pick(key, text, node)`, if given, is called for a name that is clicked. */
export function tagTable(tags, pick = null) {
  return growing(tags, FIRST_TAGS, 'div.tags', ({ key, type, value }) => {
    const text = textOf(value);
    const { shown, kind } = readable(String(key), type, text);
    const name = named(String(key), '(no name)');
    const title = pick
      ? el('button.key', { type: 'button', 'aria-haspopup': 'menu', title: 'Find or exclude', onclick: ({ currentTarget }) => pick(String(key), text, currentTarget) }, name)
      : el('span.key', {}, name);
    return el(shown.includes('\n') ? 'div.tag.long' : 'div.tag', {},
      title,
      valueOf(String(key), kind, shown),
      el('span.type', {}, kind),
      iconButton('copy', `Copy ${name}`.slice(0, 60), () => copy(text, 'Value')));
  });
}

/** Formats JSON and SQL over several lines; any other text is unchanged. */
function readable(key, type, text) {
  if (type !== 'string' && type !== undefined) return { shown: text, kind: String(type) };
  if (isQueryKey(key) && text.length > 60) return { shown: formatSql(text), kind: 'SQL' };
  const json = indentJson(text);
  // A short list is easy to read on one line.
  return json === null ? { shown: text, kind: 'string' } : { shown: text.length > 40 ? json : text, kind: 'JSON' };
}

function valueOf(key, kind, text) {
  // Only a text that is completely an address becomes a link, and only to the web.
  if (kind === 'string' && /^https?:\/\/[^\s"<>]{1,600}$/.test(text)) {
    return el('span.value', {}, el('a', { href: text, target: '_blank', rel: 'noopener noreferrer' }, text));
  }
  return longText(text, { title: key, 'data-type': kind });
}

/** The first items, and a button for the others. */
export function growing(items, first, selector, make) {
  const node = el(selector, {}, items.slice(0, first).map(make));
  if (items.length > first) {
    const more = el('button.more', { type: 'button' }, `Show ${formatCount(items.length - first)} more`);
    more.addEventListener('click', () => more.replaceWith(...items.slice(first).map(make)));
    node.append(more);
  }
  return node;
}
