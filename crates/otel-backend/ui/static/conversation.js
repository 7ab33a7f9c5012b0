import { el } from './dom.js';
import { formatCount } from './format.js';
import { longText } from './long-text.js';

/** Shows the messages between a person, a model and its tools. */
export function conversation({ facts, messages }) {
  return el('div.conversation', {},
    el('dl.facts', {}, facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, /^\d+$/.test(value) ? formatCount(value) : value)))),
    el('ol', {}, messages.map(({ role, parts }) => el('li', { 'data-role': role },
      el('strong', {}, role),
      parts.map(({ title, text }) => el('div.part', {}, title && el('span.type', {}, title), longText(text, { title: `${role} ${title}`.trim(), selector: 'p' })))))));
}
