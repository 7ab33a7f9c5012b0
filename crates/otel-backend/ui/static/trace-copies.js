import { copy, el, iconButton } from './dom.js';
import { apiUrl, compareUrl, navigate } from './route.js';
import { save } from './save.js';
import { notAnId, readTraceId } from './trace-id.js';
import { imageOf } from './trace-image.js';

export async function copyTrace(id) {
  const response = await asked(`traces/${encodeURIComponent(id)}?prettyPrint=true`);
  await copy(await response.text(), 'Trace');
}

/** The API answers with OTLP in an envelope; a file of OTLP has none. */
export async function downloadOtlp(id) {
  const response = await asked(`v3/traces/${encodeURIComponent(id)}`);
  const { withoutResult } = await import('./file-formats.js');
  save(await withoutResult(await response.blob()), `${id}.otlp.json`);
}

export async function saveImage(format, trace, visible, range) {
  save(await imageOf(format, trace, visible, range), `${trace.id}.${format}`);
}

async function asked(path) {
  const response = await fetch(apiUrl(path));
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response;
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
