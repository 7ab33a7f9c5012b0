import assert from 'node:assert/strict';
import { test } from 'node:test';

import { patientFetch } from '../static/patient-fetch.js';

/** Answers with these statuses, one after the other, the last of them from then on; and counts. */
function answering(...statuses) {
  let asked = 0;
  globalThis.fetch = async (url, { signal }) => {
    signal?.throwIfAborted();
    return new Response('', { status: statuses[Math.min(asked++, statuses.length - 1)] });
  };
  return () => asked;
}

test('a backend that is busy is asked again', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const asked = answering(503, 503, 200);
  const answer = patientFetch('/');
  for (let at = 0; at < 20; at++) {
    await Promise.resolve();
    context.mock.timers.tick(1000);
  }
  assert.equal((await answer).status, 200);
  assert.equal(asked(), 3);
});

test('in the end it is said to be busy', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const asked = answering(503);
  const answer = patientFetch('/');
  for (let at = 0; at < 60; at++) {
    await Promise.resolve();
    context.mock.timers.tick(10_000);
  }
  assert.equal((await answer).status, 503);
  assert.equal(asked(), 6);
});

test('other answers are given at once', async () => {
  const asked = answering(404);
  assert.equal((await patientFetch('/')).status, 404);
  assert.equal(asked(), 1);
});

test('who has left asks no more', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  answering(503);
  const leaving = new AbortController();
  const answer = patientFetch('/', { signal: leaving.signal });
  leaving.abort();
  for (let at = 0; at < 20; at++) {
    await Promise.resolve();
    context.mock.timers.tick(1000);
  }
  await assert.rejects(answer, { name: 'AbortError' });
});
