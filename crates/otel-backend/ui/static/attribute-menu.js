import { copy } from './dom.js';
import { popUp } from './popup.js';
import { searchUrl } from './route.js';

/** The longest value that can be searched for. */
const MAX_VALUE = 400;

/** Opens the menu for a clicked attribute. */
export function attributeMenu(key, value, node, filter, find) {
  const text = `${key}=${value}`;
  const copies = [['Copy value', () => copy(value, 'Value')], ['Copy name and value', () => copy(text, 'Attribute')]];
  if (value.length > MAX_VALUE) return popUp(node, copies);
  return popUp(node, [
    ['Find in this trace', () => find(text)],
    ['Only spans with it', () => filter.add(key, value, false)],
    ['Only spans without it', () => filter.add(key, value, true)],
    // TraceQL has no attribute without a name.
    ...(key ? [['Search traces with it', searchUrl(new URLSearchParams({ tags: JSON.stringify({ [key]: value }) }))]] : []),
    ...copies,
  ]);
}
