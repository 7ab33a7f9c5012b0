// Node: node.js PROTOCOL ADDRESS.

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { EXPORTERS, send } from './trace.js';

const [protocol, address] = process.argv.slice(2);
const exporters = { ...EXPORTERS, 'otlp-grpc': (url) => new OTLPTraceExporter({ url }) };
await send('client-node', protocol, exporters[protocol](address), console.log);
