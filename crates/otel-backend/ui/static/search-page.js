import { getServices } from './backend.js';
import { explorerOf } from './explorer.js';
import { pause } from './pause.js';
import { readQuery } from './query.js';
import { emptyBackend, unreachable } from './states.js';
import { knowsTraceQL } from './tempo.js';

const RETRY_MS = 2000;

export async function show(page, route, signal) {
  document.title = 'Search · otel-backend';
  const query = readQuery(route.parameters);
  const isListed = query.isOfFiles || query.traceIds.length > 0;
  const [services, isExplored] = await Promise.all([query.isOfFiles ? [] : waitForServices(page, signal), !isListed && knowsTraceQL()]);
  if (signal.aborted) return;
  if (isExplored) {
    explorerOf(page, services, query, route, signal);
    return;
  }
  const script = await listScript(page, signal);
  if (!signal.aborted) new script.ListPage(page, services, { ...query, isListed }, signal).start();
}

/** The script of the list, which a backend with TraceQL has no need of, except for files. */
async function listScript(page, signal) {
  for (;;) {
    const script = await import('./list-page.js').catch(() => null);
    if (script || signal.aborted) return script;
    page.replaceChildren(unreachable());
    await pause(RETRY_MS, signal);
  }
}

/** The services, once there are any; until then the page tells what to do. */
async function waitForServices(page, signal) {
  for (;;) {
    const { data = [], error } = await getServices();
    if (signal.aborted || data.length) return [...data].sort();
    page.replaceChildren(error ? unreachable(`Reading the services: ${error.message}.`) : emptyBackend());
    await pause(RETRY_MS, signal);
  }
}
