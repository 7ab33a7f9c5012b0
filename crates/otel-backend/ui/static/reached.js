import { pause } from './pause.js';
import { unreachable } from './states.js';

const RETRY_MS = 2000;

/** Asks until the backend answers, and says in the node meanwhile that it does not. */
export async function reached(ask, node, signal) {
  for (;;) {
    const answer = await ask();
    if (signal.aborted || answer.error?.status !== 0) return answer;
    node.replaceChildren(unreachable());
    await pause(RETRY_MS, signal);
    if (signal.aborted) return answer;
  }
}
