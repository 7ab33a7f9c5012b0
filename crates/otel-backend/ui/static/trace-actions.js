import { copy, el, icon, iconButton, toast } from './dom.js';
import { apiUrl, compareUrl, navigate } from './route.js';

/** What can be done with a whole trace. One from a file is only on this page, not in the API. */
export function traceActions({ id, isLocal }) {
  const url = apiUrl(`traces/${encodeURIComponent(id)}`);
  const menu = el('details.menu', {},
    el('summary', { title: 'Copy, download, compare' }, 'Trace', icon('down')),
    el('div', {},
      !isLocal && [
        item('Copy as JSON', () => copyTrace(`${url}?prettyPrint=true`)),
        el('a', { href: url, download: `${id}.json` }, 'Download Jaeger JSON'),
        item('Download OTLP JSON', () => downloadOtlp(id)),
      ],
      item('Compare with another trace…', () => askForOther(id))));
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (!menu.contains(relatedTarget)) menu.open = false;
  });
  menu.addEventListener('click', ({ target }) => {
    if (target.closest('a, button')) menu.open = false;
  });
  return menu;
}

const item = (title, onclick) => el('button', { type: 'button', onclick }, title);

async function copyTrace(url) {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`status ${response.status}`);
    await copy(await response.text(), 'Trace');
  } catch (error) {
    toast(`The trace could not be copied: ${error.message}`);
  }
}

/** The API answers with OTLP in an envelope; a file of OTLP has none. */
async function downloadOtlp(id) {
  try {
    const response = await fetch(apiUrl(`v3/traces/${encodeURIComponent(id)}`));
    if (!response.ok) throw new Error(`status ${response.status}`);
    save(await unwrapped(await response.blob()), `${id}.otlp.json`);
  } catch (error) {
    toast(`The trace could not be downloaded: ${error.message}`);
  }
}

/** Without `{"result":` and `}`; the whole of a large trace is not read for that. */
async function unwrapped(blob) {
  const [, open] = /^(\s*\{\s*"result"\s*:\s*)\{/.exec(await blob.slice(0, 64).text()) ?? [];
  if (!open) return blob;
  const tail = await blob.slice(-64).text();
  return blob.slice(open.length, blob.size - (tail.length - tail.lastIndexOf('}')));
}

function save(blob, name) {
  const link = el('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function askForOther(id) {
  const input = el('input', { 'aria-label': 'Trace ID', placeholder: 'Trace ID', spellcheck: 'false', required: true });
  const dialog = el('dialog', { 'aria-label': 'Compare' },
    el('div.head', {}, el('h2', {}, 'Compare with another trace'), iconButton('close', 'Close  Esc', () => dialog.close())),
    el('form.inline', {
      onsubmit: (event) => {
        event.preventDefault();
        dialog.close();
        navigate(compareUrl(id, input.value.trim()));
      },
    }, input, el('button.primary', { type: 'submit' }, 'Compare')));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
