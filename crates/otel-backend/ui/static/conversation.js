import { el } from './dom.js';
import { formatCount } from './format.js';
import { conversationOf } from './gen-ai.js';
import { longText } from './long-text.js';

/** The messages between a person, a model and its tools: their number, and a node that shows them. */
export function conversation(tags, events) {
  const { facts, messages } = conversationOf(tags, events);
  return { count: messages.length, node: nodeOf(facts, messages) };
}

function nodeOf(facts, messages) {
  return el('div.conversation', {},
    el('dl.facts', {}, facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, /^\d+$/.test(value) ? formatCount(value) : value)))),
    el('ol', {}, messages.map(({ role, parts }) => el('li', { 'data-role': role },
      el('strong', {}, role),
      parts.map(({ title, text }) => el('div.part', {}, title && el('span.type', {}, title), longText(text, { title: `${role} ${title}`.trim(), selector: 'p' })))))));
}
