import { LATEST_SECONDS, askTempo } from './backend.js';
import { el } from './dom.js';
import { plural } from './format.js';
import { popUp } from './popup.js';
import { spanUrl } from './route.js';

/** The most traces with links that are listed, and the most spans of each. */
const MAX_TRACES = 20;
const MAX_SPANS = 10;
/**
 * The longest times before a trace (clocks differ) and after it at which a trace with links to it may
 * have begun, in seconds.
 */
const BEFORE = 3600;
const AFTER = 86400;

/**
 * The spans of other traces with a link to this one: `{ traceID, spanID, name, service, to }`, where
 * `to` is the linked span. Empty if the backend does not support TraceQL, or the trace is of a time that it cannot be asked for.
 */
export async function backLinks({ id, epoch, begin }) {
  const began = Math.floor((epoch + begin) / 1e6);
  const start = Math.max(1, began - BEFORE);
  if (start + AFTER > LATEST_SECONDS) return [];
  const parameters = {
    q: `{ link:traceID = ${JSON.stringify(id)} } | select(link:spanID, name, resource.service.name)`,
    start, end: Math.max(start, began) + AFTER, limit: MAX_TRACES, spss: MAX_SPANS,
  };
  const { traces = [] } = await askTempo('search', parameters);
  return traces.filter(({ traceID }) => short(traceID) !== short(id)).flatMap(spansOf);
}

/** The same as a fact in a trace's head: the number of traces, and a menu of their spans. */
export function backLinkFact(links) {
  const traces = plural(new Set(links.map(({ traceID }) => traceID)).size, 'trace');
  const items = links.map(({ traceID, spanID, service, name }) => [`${service}: ${name}`.slice(0, 120), spanUrl(traceID, spanID)]);
  return el('div.back-links', {}, el('dt', {}, 'Linked from'), el('dd', {},
    el('button', { type: 'button', 'aria-haspopup': 'menu', onclick: ({ currentTarget }) => popUp(currentTarget, items) }, traces)));
}

function spansOf({ traceID, spanSets = [] }) {
  return spanSets.flatMap(({ spans = [] }) => spans).map(({ spanID, name = '', attributes = [] }) => {
    const value = (wanted) => attributes.find(({ key }) => key === wanted)?.value?.stringValue ?? '';
    return { traceID, spanID, name: name || value('name'), service: value('service.name'), to: value('link:spanID') };
  });
}

const short = (id) => id.replace(/^0+/, '').toLowerCase();
