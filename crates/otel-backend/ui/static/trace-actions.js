import { copy, el, icon, iconButton, toast } from './dom.js';
import { apiUrl, compareUrl, navigate, traceUrl } from './route.js';
import { save } from './save.js';
import { notAnId, readTraceId } from './trace-id.js';

/**
 * What can be done with a whole trace. One from a file is only on this page, not in the API.
 * `skew`, if there is any, says whether it is removed and lets that be changed; `saveImage` keeps a
 * picture of the timeline.
 */
export function traceActions({ id, isLocal }, skew, saveImage) {
  const url = apiUrl(`traces/${encodeURIComponent(id)}`);
  const menu = el('details.menu', {},
    el('summary', { title: 'Copy, download, print, compare' }, 'Actions', icon('down')),
    el('div', {},
      !isLocal && [
        item('Copy link', () => copy(new URL(traceUrl(id), location.origin).href, 'Link')),
        item('Copy as JSON', () => copyTrace(`${url}?prettyPrint=true`)),
        item('Copy as curl', () => copy(`curl -s '${url}'`, 'Command')),
        el('a', { href: url, download: `${id}.json` }, 'Download Jaeger JSON'),
        item('Download OTLP JSON', () => downloadOtlp(id)),
      ],
      item('Print…', () => print()),
      item('Save as image (SVG)', saveImage),
      skew && item(skew.isAdjusted ? 'Show times as recorded' : 'Adjust for clock skew', () => skew.adjust(!skew.isAdjusted)),
      !isLocal && el('button', { type: 'button', 'data-action': 'median', onclick: () => navigate(compareUrl(id, 'median')) }, 'Compare with the median of its operation'),
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
    const { withoutResult } = await import('./file-formats.js');
    save(await withoutResult(await response.blob()), `${id}.otlp.json`);
  } catch (error) {
    toast(`The trace could not be downloaded: ${error.message}`);
  }
}

function askForOther(id) {
  const input = el('input', { 'aria-label': 'Trace ID', placeholder: 'Trace ID', spellcheck: 'false', required: true });
  input.addEventListener('input', () => input.setCustomValidity(''));
  const dialog = el('dialog', { 'aria-label': 'Compare' },
    el('div.head', {}, el('h2', {}, 'Compare with another trace'), iconButton('close', 'Close  Esc', () => dialog.close())),
    el('form.inline', {
      onsubmit: (event) => {
        event.preventDefault();
        const other = readTraceId(input.value);
        input.setCustomValidity(other ? '' : notAnId(input.value));
        if (!input.reportValidity()) return;
        dialog.close();
        navigate(compareUrl(id, other.id));
      },
    }, input, el('button.primary', { type: 'submit' }, 'Compare')));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
