import { readFile } from './backend.js';
import { el, toast } from './dom.js';
import { navigate, searchUrl, traceUrl } from './route.js';

/** So much of a file's name is shown in a message. */
const NAME_LENGTH = 80;

/** Opens files dropped anywhere on the page: in Jaeger's, OTLP's or Zipkin's JSON. Nothing is stored. */
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
    open([...event.dataTransfer.files]);
  });
}

/** A button to choose files. */
export function uploadButton() {
  const input = el('input', { type: 'file', multiple: true, accept: '.json,.jsonl,.ndjson,application/json', hidden: true, onchange: () => open([...input.files]) });
  return el('div.upload', {}, input, el('button', { type: 'button', title: 'Jaeger, OTLP or Zipkin JSON; or drop files anywhere on the page', onclick: () => input.click() }, 'Open trace file…'));
}

/** Shows a single trace, or a list of several; reports files that cannot be read. */
async function open(files) {
  const traces = [];
  for (const file of files) {
    const name = file.name.slice(0, NAME_LENGTH);
    try {
      const found = await readFile(file);
      if (found.length === 0) toast(`No traces in ${name}`);
      traces.push(...found);
    } catch (error) {
      toast(`${name}: ${error.message}`);
    }
  }
  if (traces.length === 1) navigate(traceUrl(traces[0].id));
  else if (traces.length > 1) navigate(searchUrl(new URLSearchParams({ from: 'files' })));
}
