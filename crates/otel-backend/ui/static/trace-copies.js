import { copy, el, iconButton, toast } from './dom.js';
import { apiUrl, compareUrl, navigate } from './route.js';
import { save } from './save.js';
import { notAnId, readTraceId } from './trace-id.js';

export async function copyTrace(url) {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`status ${response.status}`);
    await copy(await response.text(), 'Trace');
  } catch (error) {
    toast(`The trace could not be copied: ${error.message}`);
  }
}

/** The API answers with OTLP in an envelope; a file of OTLP has none. */
export async function downloadOtlp(id) {
  try {
    const response = await fetch(apiUrl(`v3/traces/${encodeURIComponent(id)}`));
    if (!response.ok) throw new Error(`status ${response.status}`);
    const { withoutResult } = await import('./file-formats.js');
    save(await withoutResult(await response.blob()), `${id}.otlp.json`);
  } catch (error) {
    toast(`The trace could not be downloaded: ${error.message}`);
  }
}

export function askForOther(id) {
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
