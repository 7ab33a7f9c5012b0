import { pause } from './pause.js';

/** A backend without room for an answer at the moment is asked again so often, each time after twice as long. */
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 150;

/** As `fetch`, for a backend that may be busy. */
export async function patientFetch(url, { signal = null, ...options } = {}) {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(url, { ...options, signal });
    if (response.status !== 503 || attempt === ATTEMPTS) return response;
    await pause(FIRST_PAUSE_MS * 2 ** attempt, signal);
  }
}
