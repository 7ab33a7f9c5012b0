import { apiUrl } from './route.js';

/** The byte order mark with which some programs begin a file in UTF-8. */
const MARK = [0xef, 0xbb, 0xbf];

/**
 * Converts a file to Jaeger's JSON for the worker. OTLP's JSON, also with a message per line or as an
 * answer of `/api/v3/traces/{id}`, is converted by the API; lists of Zipkin spans are converted here.
 */
export async function asJaegerJson(file) {
  const start = new Uint8Array(await file.slice(0, MARK.length).arrayBuffer());
  if (MARK.every((byte, at) => byte === start[at])) return asJaegerJson(file.slice(MARK.length));
  const head = await file.slice(0, 4096).text();
  if (/"resource_?spans"/i.test(head)) return turned(await withoutResult(file));
  if (/^\s*\[\s*\{/.test(head) && /"traceId"/.test(head) && /"(localEndpoint|binaryAnnotations|timestamp)"/.test(head)) return fromZipkin(await file.text());
  return file;
}

async function turned(file) {
  const response = await fetch(apiUrl('transform?exact=true'), { method: 'POST', headers: { 'content-type': 'application/json' }, body: file });
  if (!response.ok) throw new Error((await response.text()).slice(0, 300));
  return response.blob();
}

/**
 * Removes `{"result":` and `}`, which the API puts around a message, without reading all of a large
 * file.
 */
export async function withoutResult(blob) {
  const [, open] = /^(\s*\{\s*"result"\s*:\s*)\{/.exec(await blob.slice(0, 64).text()) ?? [];
  if (!open) return blob;
  const tail = await blob.slice(-64).text();
  return blob.slice(open.length, blob.size - (tail.length - tail.lastIndexOf('}')));
}

/** Zipkin's spans, version 2, in Jaeger's JSON. */
function fromZipkin(text) {
  const traces = new Map();
  for (const span of JSON.parse(text)) {
    const id = String(span.traceId ?? '').toLowerCase();
    if (!traces.has(id)) traces.set(id, { traceID: id, spans: [], processes: {} });
    const trace = traces.get(id);
    const service = span.localEndpoint?.serviceName ?? '';
    trace.processes[service] ??= { serviceName: service, tags: [] };
    trace.spans.push(jaegerSpan(span, id, service));
  }
  return new Blob([JSON.stringify({ data: [...traces.values()] })]);
}

function jaegerSpan({ id, parentId, name, kind, timestamp = 0, duration = 0, tags = {}, annotations = [] }, traceID, processID) {
  const tag = ([key, value]) => ({ key, type: 'string', value: String(value) });
  const kindTag = kind ? [{ key: 'span.kind', type: 'string', value: kind.toLowerCase() }] : [];
  // Zipkin's `error` is a text that describes the failure.
  const failed = tags.error === undefined ? [] : [
    { key: 'otel.status_code', type: 'string', value: 'ERROR' }, { key: 'error', type: 'bool', value: true },
    { key: 'otel.status_description', type: 'string', value: String(tags.error) }];
  return {
    traceID, spanID: String(id), processID, operationName: name ?? '', startTime: timestamp, duration,
    references: parentId ? [{ refType: 'CHILD_OF', traceID, spanID: parentId }] : [],
    tags: [...Object.entries(tags).filter(([key]) => key !== 'error').map(tag), ...kindTag, ...failed],
    logs: annotations.map(({ timestamp: at, value }) => ({ timestamp: at, fields: [tag(['event', value])] })),
  };
}
