"""Makes one trace with Python's SDK, prints each span, and sends it: client.py PROTOCOL ADDRESS."""

import importlib
import sys

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    ConsoleSpanExporter,
    SimpleSpanProcessor,
    SpanExportResult,
)
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

# The module of each protocol's exporter, its class, and what it is told of the address.
EXPORTERS = {
    "otlp-http": ("otlp.proto.http.trace_exporter", "OTLPSpanExporter", "{}/v1/traces"),
    "otlp-grpc": ("otlp.proto.grpc.trace_exporter", "OTLPSpanExporter", "{}"),
    "zipkin": ("zipkin.json", "ZipkinExporter", "{}/api/v2/spans"),
}


class Watched:
    """An exporter whose failures end the program."""

    def __init__(self, exporter):
        self.exporter = exporter

    def export(self, spans):
        result = self.exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            sys.exit("the spans were not taken")
        return result

    def __getattr__(self, name):
        return getattr(self.exporter, name)


def main(protocol, address):
    module, name, endpoint = EXPORTERS[protocol]
    exporter = getattr(importlib.import_module(f"opentelemetry.exporter.{module}"), name)
    provider = TracerProvider(resource=Resource({"service.name": "client-python"}))
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
    sender = Watched(exporter(endpoint=endpoint.format(address)))
    provider.add_span_processor(SimpleSpanProcessor(sender))
    tracer = provider.get_tracer("clients", "1.0")
    other = SpanContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, is_remote=True)
    attributes = {"text": "grüße", "whole": -7, "part": 0.5, "yes": True}
    number = {}
    # For these, each exporter of Zipkin has a form of its own.
    if protocol != "zipkin":
        attributes["list"] = ["a", "b"]
        number = {"number": 1}
    link = Link(other, {"why": "because"})
    with tracer.start_as_current_span(
        "GET /", kind=SpanKind.SERVER, attributes=attributes, links=[link]
    ) as root:
        root.set_status(StatusCode.OK)
        with tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT) as child:
            child.add_event("row", number)
            child.set_status(Status(StatusCode.ERROR, "deadlock"))
        with tracer.start_as_current_span("work", attributes={"empty": ""}):
            pass
    provider.shutdown()


main(*sys.argv[1:])
