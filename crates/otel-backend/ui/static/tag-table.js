import { copy, el, iconButton } from './dom.js';
import { formatCount, plural } from './format.js';

/** Attributes shown before "show more". */
const FIRST_TAGS = 60;
/** Characters of a value shown before it is cut. */
const FIRST_CHARACTERS = 600;

/** A table of attributes: name, value, type. */
export function tagTable(tags) {
  return growing(tags, FIRST_TAGS, 'div.tags', ({ key, type, value }) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return el(/\n/.test(text) ? 'div.tag.long' : 'div.tag', {},
      el('span.key', {}, String(key)),
      valueOf(text ?? '', type),
      el('span.type', {}, String(type ?? 'string')),
      iconButton('copy', `Copy ${key}`.slice(0, 60), () => copy(text, 'Value')));
  });
}

function valueOf(text, type) {
  // Only what is an address as a whole opens, and only on the web.
  if (type === 'string' && /^https?:\/\/[^\s"<>]+$/.test(text) && text.length <= FIRST_CHARACTERS) {
    return el('span.value', {}, el('a', { href: text, target: '_blank', rel: 'noopener noreferrer' }, text));
  }
  const pretty = type === 'string' || type === undefined ? prettyJson(text) : text;
  if (pretty.length <= FIRST_CHARACTERS) return el('span.value', { 'data-type': type }, pretty);
  const value = el('span.value', { 'data-type': type }, `${pretty.slice(0, FIRST_CHARACTERS)}… `);
  value.append(el('button.more', { type: 'button', onclick: () => value.replaceChildren(pretty) },
    `show all ${plural(pretty.length, 'character')}`));
  return value;
}

/** A list or an object written as JSON, spread over lines; any other text as it is. */
function prettyJson(text) {
  if (!/^\s*[[{]/.test(text) || text.length > 100_000) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The first items, and a button for the others. */
export function growing(items, first, selector, make) {
  const node = el(selector, {}, items.slice(0, first).map(make));
  if (items.length > first) {
    const more = el('button.more', { type: 'button' }, `show ${formatCount(items.length - first)} more`);
    more.addEventListener('click', () => more.replaceWith(...items.slice(first).map(make)));
    node.append(more);
  }
  return node;
}
