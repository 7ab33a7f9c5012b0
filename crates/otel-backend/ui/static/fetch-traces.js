import { patientFetch } from './patient-fetch.js';
import { Scanner } from './scan.js';

/**
 * Reads an answer with traces: `{ traces }` with what `each(columns, members, segments)` made of them, or
 * `{ error }`. Calls `progress(scanner, of)` as it comes; `of`, also of the result, is how many spans will, or
 * 0 if it does not say. `begun` is or becomes the answer, if it has been asked for already, or `null`.
 */
export async function fetchTraces(url, each, progress = () => {}, signal = null, begun = null) {
  let response;
  try {
    response = (begun && await begun) ?? await patientFetch(url, { headers: { accept: 'application/json' }, signal });
  } catch {
    return { error: { status: 0, message: 'the backend does not answer' } };
  }
  if (!response.ok) return { error: await errorOf(response) };
  const traces = [];
  const scanner = new Scanner((columns, members) => traces.push(each(columns, members, scanner.segments)));
  const of = Number(response.headers.get('span-count'));
  try {
    await scanBody(response.body.getReader(), scanner, () => progress(scanner, of));
  } catch (error) {
    const cut = !(error instanceof SyntaxError);
    return { error: { status: 0, message: cut ? 'the answer was cut off' : error.message } };
  }
  const { code, msg } = scanner.envelope.errors?.[0] ?? {};
  if (traces.length === 0 && msg) return { error: { status: code ?? 404, message: msg } };
  return { traces, of };
}

async function scanBody(reader, scanner, progress) {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    scanner.push(value);
    progress();
  }
  scanner.finish();
}

async function errorOf(response) {
  const text = await response.text();
  try {
    return { status: response.status, message: JSON.parse(text).errors[0].msg };
  } catch {
    return { status: response.status, message: text.slice(0, 300).trim() || response.statusText };
  }
}
