// One trace, made with JavaScript's SDK, printed and sent: the same in Node and in a browser.

import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as Json } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as Protobuf } from '@opentelemetry/exporter-trace-otlp-proto';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

/** The exporters that both have, each for an address. */
export const EXPORTERS = {
  'otlp-http': (address) => new Protobuf({ url: `${address}/v1/traces` }),
  'otlp-json': (address) => new Json({ url: `${address}/v1/traces` }),
  zipkin: (address) => new ZipkinExporter({ url: `${address}/api/v2/spans` }),
};

/** Prints spans as the console exporter of Python's SDK does, and hands them on. */
class Printed {
  failed = null;

  constructor(exporter, print) {
    this.exporter = exporter;
    this.print = print;
  }

  export(spans, done) {
    for (const span of spans) this.print(JSON.stringify(printed(span), null, 4));
    this.exporter.export(spans, (result) => {
      if (result.code !== 0) this.failed = result.error ?? new Error('the spans were not taken');
      done(result);
    });
  }

  shutdown() {
    return this.exporter.shutdown();
  }

  forceFlush() {
    return this.exporter.forceFlush?.();
  }
}

const time = ([seconds, nanos]) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;
const ids = ({ traceId, spanId }) => ({ trace_id: `0x${traceId}`, span_id: `0x${spanId}`, trace_state: '[]' });

function printed(span) {
  return {
    name: span.name,
    context: ids(span.spanContext()),
    kind: `SpanKind.${SpanKind[span.kind]}`,
    parent_id: span.parentSpanContext ? `0x${span.parentSpanContext.spanId}` : null,
    start_time: time(span.startTime),
    end_time: time(span.endTime),
    status: { status_code: SpanStatusCode[span.status.code], description: span.status.message ?? '' },
    attributes: span.attributes,
    events: span.events.map((event) => ({ name: event.name, timestamp: time(event.time), attributes: event.attributes ?? {} })),
    links: span.links.map((link) => ({ context: ids(link.context), attributes: link.attributes ?? {} })),
    resource: { attributes: span.resource.attributes, schema_url: '' },
  };
}

/** Makes the trace. Throws if it is not taken. */
export async function send(service, protocol, exporter, print) {
  // For these, each exporter of Zipkin has a form of its own.
  const own = protocol !== 'zipkin';
  const sender = new Printed(exporter, print);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [new SimpleSpanProcessor(sender)],
  });
  const tracer = provider.getTracer('clients', '1.0');
  const other = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
  const root = tracer.startSpan('GET /', {
    kind: SpanKind.SERVER,
    attributes: { text: 'grüße', whole: -7, part: 0.5, yes: true, ...(own && { list: ['a', 'b'] }) },
    links: [{ context: other, attributes: { why: 'because' } }],
  });
  root.setStatus({ code: SpanStatusCode.OK });
  const below = trace.setSpan(context.active(), root);
  const child = tracer.startSpan('SELECT', { kind: SpanKind.CLIENT }, below);
  child.addEvent('row', own ? { number: 1 } : {});
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'deadlock' });
  child.end();
  tracer.startSpan('work', { attributes: { empty: '' } }, below).end();
  root.end();
  await provider.forceFlush();
  await provider.shutdown();
  if (sender.failed) throw sender.failed;
}
