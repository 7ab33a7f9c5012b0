import { copy, el, iconButton } from './dom.js';

/** A page that has nothing to show says why, and what to do. */
export function state(title, ...content) {
  return el('section.state', {}, el('h1', {}, title), content);
}

export function command(text) {
  return el('div.command', {}, el('code', {}, text), iconButton('copy', 'Copy the command', () => copy(text, 'Command')));
}

export function emptyBackend() {
  return state('No traces yet',
    el('p', {}, 'The backend runs and waits for spans. Send a first trace with the samples of this repository:'),
    command('./bootstrap.sh'),
    el('p', {}, 'It runs every sample and prints the address of each trace. This page shows them as they arrive.'));
}

export function unknownTrace(id, message) {
  return state('No trace with this id',
    el('p', {}, 'The backend has no trace ', el('code', {}, id), '.'),
    message && message !== 'trace not found' && el('p', {}, `It says: ${message}.`),
    el('p', {}, 'Either no span of it has arrived, or it was removed to make room for newer ones. ',
      'To see where the spans of a program go, run this with the variables of that program:'),
    command('cargo run -p trace-check -- doctor'),
    el('p', {}, 'If the trace arrives, it appears here by itself.'));
}

export function failure(title, message, retry) {
  return state(title,
    el('p', {}, message),
    retry && el('div.actions', {}, el('button.primary', { type: 'button', onclick: retry }, 'Try again')));
}

export function loading(text) {
  return el('div.loading', { role: 'status' }, text);
}
