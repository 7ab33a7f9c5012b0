import { copy, el, iconButton } from './dom.js';
import { formatCount, plural } from './format.js';

/** The characters of a text that are shown before it is unfolded. */
const FOLDED_CHARACTERS = 600;
const FOLDED_LINES = 12;

/**
 * A text of any length: a long one is folded, can be unfolded, and can be opened in a window of its
 * own.
 */
export function longText(text, { title, selector = 'span.value', ...properties }) {
  const start = beginningOf(text);
  if (start.length === text.length) return el(selector, properties, text);
  const node = el(selector, properties);
  const button = (name, onclick) => el('button.more', { type: 'button', onclick }, name);
  const fold = () => node.replaceChildren(`${start}… `, el('span.mores', {}, button(`Show all ${sizeOf(text)}`, unfold), button('Open', () => openText(title, text))));
  const unfold = () => node.replaceChildren(text, el('span.mores', {}, button('Show less', fold), button('Open', () => openText(title, text))));
  fold();
  return node;
}

function beginningOf(text) {
  const start = text.slice(0, FOLDED_CHARACTERS);
  const lines = start.split('\n');
  const cut = lines.length > FOLDED_LINES ? lines.slice(0, FOLDED_LINES).join('\n') : start;
  // Hiding a few characters is not worth a button.
  return text.length - cut.length < 80 && lines.length <= FOLDED_LINES + 3 ? text : cut;
}

function sizeOf(text) {
  const lines = text.split('\n').length;
  return lines > FOLDED_LINES ? `${formatCount(lines)} lines` : plural(text.length, 'character');
}

function openText(title, text) {
  const body = el('pre.large', { tabindex: 0 }, text);
  const wrap = el('button', { type: 'button', 'aria-pressed': true }, 'Wrap lines');
  wrap.addEventListener('click', () => {
    const isWrapped = body.classList.toggle('unwrapped') === false;
    wrap.setAttribute('aria-pressed', isWrapped);
  });
  const dialog = el('dialog.wide', { 'aria-label': title },
    el('div.head', {}, el('h2', {}, title.slice(0, 200)), wrap,
      iconButton('copy', 'Copy', () => copy(text, 'Value')), iconButton('close', 'Close  Esc', () => dialog.close())),
    body);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
