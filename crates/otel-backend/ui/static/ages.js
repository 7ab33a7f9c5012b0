import { el } from './dom.js';
import { formatAge } from './format.js';

const EVERY_MS = 5000;

/** An age such as "5 min ago", which is updated while it is shown. */
export function age(micros) {
  return el('span.age', { 'data-since': micros }, formatAge(micros));
}

/** Makes a node show the age of another moment. */
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
