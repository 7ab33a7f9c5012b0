import { readFile } from './backend.js';
import { el, toast } from './dom.js';
import { formatDuration, plural } from './format.js';
import { navigate, traceUrl } from './route.js';
import { operationOf, serviceOf } from './span-text.js';

/** Files dropped anywhere on the page are opened: Jaeger's JSON or OTLP's. Nothing is stored. */
export function startUploads() {
  addEventListener('dragover', (event) => {
    if (![...event.dataTransfer.types].includes('Files')) return;
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) document.body.classList.remove('dropping');
  });
  addEventListener('drop', (event) => {
    document.body.classList.remove('dropping');
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    open(event.dataTransfer.files[0]);
  });
}

/** A button that lets a file be chosen. */
export function uploadButton() {
  const input = el('input', { type: 'file', accept: '.json,application/json', hidden: true, onchange: () => input.files[0] && open(input.files[0]) });
  return el('div.upload', {}, input, el('button', { type: 'button', title: 'Or drop it anywhere on the page', onclick: () => input.click() }, 'Open a file'));
}

async function open(file) {
  let traces;
  try {
    traces = await readFile(file);
  } catch (error) {
    toast(`${file.name}: ${error.message}`);
    return;
  }
  if (traces.length === 0) toast(`${file.name} holds no trace`);
  else if (traces.length === 1) navigate(traceUrl(traces[0].id));
  else choose(file.name, traces);
}

function choose(name, traces) {
  const dialog = el('dialog', { 'aria-label': name },
    el('div.head', {}, el('h2', {}, `${name}: ${plural(traces.length, 'trace')}`)),
    el('ul.choices', {}, traces.map((trace) => el('li', {}, el('a', { href: traceUrl(trace.id), onclick: () => dialog.close() },
      `${serviceOf(trace, trace.root)}: ${operationOf(trace, trace.root).slice(0, 100)}`),
    ` ${plural(trace.count, 'span')}, ${formatDuration(trace.end - trace.begin)}`))));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
