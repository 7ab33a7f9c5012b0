import { copy, el, iconButton } from './dom.js';
import { searchUrl } from './route.js';
import { notAnId } from './trace-id.js';
import { uploadButton } from './uploads.js';

/** The state of a page that has nothing to show: the reason, and what to do. */
export function state(title, ...content) {
  return el('section.state', {}, el('h1', {}, title), content);
}

export function command(text) {
  return el('div.command', {}, el('code', {}, text), iconButton('copy', 'Copy the command', () => copy(text, 'Command')));
}

export function emptyBackend() {
  const endpoint = `http://${location.hostname}:4318`;
  return state('No traces yet',
    el('p', {}, 'The backend runs and waits for spans. Send a first trace with the samples of this repository:'),
    command('./bootstrap.sh'),
    el('p', {}, 'Or point a program with an OpenTelemetry SDK at the backend, at this address unless its ports were set:'),
    command(`OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`),
    el('p', {}, 'This page shows traces as they arrive. A file with traces can be opened without sending anything:'),
    uploadButton());
}

export function unknownTrace(id, message) {
  return state('No trace with this ID',
    el('p', {}, 'The backend has no trace ', el('code', {}, id), '.'),
    message && message !== 'trace not found' && el('p', {}, `It says: ${message}.`),
    el('p', {}, 'Either no span of it has arrived, it was removed to make room for newer ones, or it was opened from a file. ',
      'To see where the spans of a program go, run this with your program\'s OTEL_* variables set:'),
    command('trace-check doctor'),
    el('p', {}, 'If the trace arrives, it appears here by itself.'));
}

export function wrongId(text) {
  return state('The trace could not be opened',
    el('p', {}, `${notAnId(text)}.`),
    el('p', {}, 'A traceparent header or the address of a trace will do, too. ', el('a', { href: searchUrl() }, 'Search traces')));
}

/** The message about a backend that does not answer, for pages that retry. */
export function unreachable(message = '') {
  return failure('Cannot reach the backend', `${message} Retrying…`.trim());
}

export function failure(title, message, retry) {
  return state(title,
    el('p', {}, message),
    retry && el('div.actions', {}, el('button.primary', { type: 'button', onclick: retry }, 'Try again')));
}

export function loading(text) {
  return el('div.loading', { role: 'status' }, text);
}
