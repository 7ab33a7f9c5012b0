import { byIds, getJson, localTraces, summariseTraces } from './backend.js';
import { apiParameters, summaryParameters } from './query.js';
import { operationOf, serviceOf } from './span-text.js';
import { microsOf } from './tempo.js';

/** The most services that are queried one by one, for an API that cannot search all of them at once. */
const MAX_SERVICES = 20;

/** True if the API has summaries; known after the first answer. */
let hasSummaries = true;

/** `{ traces }` that match a query, summarised, newest first; or an error. */
export async function searchTraces(query, services) {
  if (query.isOfFiles) return { traces: newestFirst(localTraces().map(summaryOf)) };
  if (query.traceIds?.length) return sorted(await summariseTraces(byIds(query.traceIds)));
  const answer = await search(query);
  if (answer.error?.status !== 400 || query.service) return answer;
  const answers = await Promise.all(services.slice(0, MAX_SERVICES).map((service) => search({ ...query, service })));
  const failed = answers.find(({ error }) => error);
  if (failed) return failed;
  const byId = new Map(answers.flatMap(({ traces }) => traces).map((trace) => [trace.id, trace]));
  return { traces: newestFirst([...byId.values()]) };
}

/** Searches with summaries; an older API sends complete traces. */
async function search(query) {
  if (hasSummaries) {
    const { body, error } = await getJson(`v3/trace-summaries?${summaryParameters(query)}`);
    if (body) return { traces: newestFirst((body.summaries ?? []).map(readSummary)) };
    if (error.status !== 404 && error.status !== 501) return { error };
    hasSummaries = false;
  }
  return sorted(await summariseTraces(apiParameters(query)));
}

const sorted = (answer) => (answer.error ? answer : { traces: newestFirst(answer.traces) });
const newestFirst = (traces) => traces.sort((a, b) => b.begin - a.begin);

function readSummary(summary) {
  const services = (summary.services ?? []).map(({ name, spanCount = 0, errorSpanCount = 0 }) => ({ name, spans: spanCount, errors: errorSpanCount }));
  return {
    id: summary.traceId,
    services,
    spans: summary.spanCount ?? 0,
    errors: summary.errorSpanCount ?? 0,
    orphans: summary.orphanSpanCount ?? 0,
    begin: microsOf(summary.minStartTimeUnixNano),
    duration: microsOf(BigInt(summary.maxEndTimeUnixNano ?? 0) - BigInt(summary.minStartTimeUnixNano ?? 0)),
    name: summary.rootOperationName ?? '',
    hasRoot: Boolean(summary.rootOperationName),
    service: summary.rootServiceName ?? services[0]?.name ?? '',
  };
}

/** The summary of a trace that was read from a file. */
function summaryOf(trace) {
  const { id, services, count, errors, orphans, epoch, begin, end, root } = trace;
  return {
    id, services, spans: count, errors, orphans, begin: epoch + begin, duration: end - begin,
    name: root < 0 ? '' : operationOf(trace, root), hasRoot: root >= 0, service: root < 0 ? '' : serviceOf(trace, root),
  };
}
