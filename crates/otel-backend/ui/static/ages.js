import { el } from './dom.js';
import { formatAge } from './format.js';

const EVERY_MS = 5000;

/** "5 min ago"; it grows older while it is looked at. */
export function age(micros) {
  return el('span.age', { 'data-since': micros }, formatAge(micros));
}

/** Lets a node that was made for another moment tell the age of this one. */
export function setAge(node, micros) {
  node.dataset.since = micros;
  node.textContent = formatAge(micros);
}

export function startAges() {
  setInterval(() => {
    for (const node of document.querySelectorAll('[data-since]')) {
      const text = formatAge(Number(node.dataset.since));
      if (node.textContent !== text) node.textContent = text;
    }
  }, EVERY_MS);
}
