import { copy } from './dom.js';
import { popUp } from './popup.js';
import { searchUrl } from './route.js';

/** A longer value is not looked for. */
const MAX_VALUE = 400;

/** What can be done with an attribute that was clicked. */
export function attributeMenu(key, value, node, filter, find) {
  const text = `${key}=${value}`;
  const copies = [['Copy value', () => copy(value, 'Value')], ['Copy name and value', () => copy(text, 'Attribute')]];
  if (value.length > MAX_VALUE) return popUp(node, copies);
  return popUp(node, [
    ['Find in this trace', () => find(text)],
    ['Only spans with it', () => filter.add(key, value, false)],
    ['Only spans without it', () => filter.add(key, value, true)],
    ['Search traces with it', searchUrl(new URLSearchParams({ tags: JSON.stringify({ [key]: value }) }))],
    ...copies,
  ]);
}
