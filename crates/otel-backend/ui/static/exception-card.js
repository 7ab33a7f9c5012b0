import { copy, el, iconButton } from './dom.js';
import { longText } from './long-text.js';
import { tagTable, textOf } from './tag-table.js';

const PARTS = ['exception.type', 'exception.message', 'exception.stacktrace'];

/** Returns true if these fields of an event describe an exception. */
export const isException = (fields) => fields.some(({ key }) => PARTS.includes(key));

/** An exception: its type, its message, its stack, and its other fields. */
export function exceptionCard(fields, pick) {
  const [type, message, stack] = PARTS.map((part) => textOf(fields.find(({ key }) => key === part)?.value ?? ''));
  const rest = fields.filter(({ key }) => !PARTS.includes(key) && key !== 'event');
  return el('div.exception', {},
    el('div.head', {}, el('strong', {}, type || 'Exception'), stack && iconButton('copy', 'Copy the stack trace', () => copy(stack, 'Stack trace'))),
    message && longText(message, { title: type || 'Message', selector: 'p' }),
    stack && longText(stack, { title: type || 'Stack trace', selector: 'pre.stack', tabindex: 0, 'aria-label': 'Stack trace' }),
    rest.length > 0 && tagTable(rest, pick));
}
