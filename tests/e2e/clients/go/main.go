// Makes one trace with Go's SDK, prints each span, and sends it: clients PROTOCOL ADDRESS.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

type object = map[string]any

// printed prints spans as the console exporter of Python's SDK does, and hands them on.
type printed struct{ sdk.SpanExporter }

func (p printed) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	for _, span := range spans {
		text, err := json.MarshalIndent(asPrinted(span), "", "    ")
		if err != nil {
			return err
		}
		fmt.Println(string(text))
	}
	if err := p.SpanExporter.ExportSpans(ctx, spans); err != nil {
		log.Fatal("the spans were not taken: ", err)
	}
	return nil
}

func asPrinted(span sdk.ReadOnlySpan) object {
	events, links := []object{}, []object{}
	for _, event := range span.Events() {
		events = append(events, object{
			"name": event.Name, "timestamp": at(event.Time), "attributes": attributes(event.Attributes),
		})
	}
	for _, link := range span.Links() {
		links = append(links, object{
			"context": ids(link.SpanContext), "attributes": attributes(link.Attributes),
		})
	}
	var parent any
	if span.Parent().HasSpanID() {
		parent = "0x" + span.Parent().SpanID().String()
	}
	kinds := map[trace.SpanKind]string{
		trace.SpanKindInternal: "INTERNAL", trace.SpanKindServer: "SERVER", trace.SpanKindClient: "CLIENT",
	}
	statuses := map[codes.Code]string{codes.Unset: "UNSET", codes.Ok: "OK", codes.Error: "ERROR"}
	return object{
		"name": span.Name(), "context": ids(span.SpanContext()), "parent_id": parent,
		"kind":       "SpanKind." + kinds[span.SpanKind()],
		"start_time": at(span.StartTime()), "end_time": at(span.EndTime()),
		"status":     object{"status_code": statuses[span.Status().Code], "description": span.Status().Description},
		"attributes": attributes(span.Attributes()), "events": events, "links": links,
		"resource": object{"attributes": attributes(span.Resource().Attributes()), "schema_url": ""},
	}
}

func at(moment time.Time) string { return moment.UTC().Format(time.RFC3339Nano) }

func ids(context trace.SpanContext) object {
	return object{
		"trace_id": "0x" + context.TraceID().String(), "span_id": "0x" + context.SpanID().String(),
		"trace_state": "[]",
	}
}

func attributes(all []attribute.KeyValue) object {
	values := object{}
	for _, one := range all {
		values[string(one.Key)] = one.Value.AsInterface()
	}
	return values
}

func exporter(ctx context.Context, protocol, address string) (sdk.SpanExporter, error) {
	switch protocol {
	case "otlp-http":
		return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(address+"/v1/traces"))
	case "otlp-grpc":
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(address))
	}
	return nil, fmt.Errorf("no exporter for %s", protocol)
}

func main() {
	ctx := context.Background()
	exporter, err := exporter(ctx, os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	provider := sdk.NewTracerProvider(
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "client-go"))),
		sdk.WithSyncer(printed{exporter}),
	)
	tracer := provider.Tracer("clients", trace.WithInstrumentationVersion("1.0"))
	other := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c},
		SpanID:  trace.SpanID{0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31},
	})
	below, root := tracer.Start(ctx, "GET /", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("text", "grüße"), attribute.Int("whole", -7),
			attribute.Float64("part", 0.5), attribute.Bool("yes", true),
			attribute.StringSlice("list", []string{"a", "b"})),
		trace.WithLinks(trace.Link{SpanContext: other, Attributes: []attribute.KeyValue{attribute.String("why", "because")}}))
	root.SetStatus(codes.Ok, "")
	_, child := tracer.Start(below, "SELECT", trace.WithSpanKind(trace.SpanKindClient))
	child.AddEvent("row", trace.WithAttributes(attribute.Int("number", 1)))
	child.SetStatus(codes.Error, "deadlock")
	child.End()
	_, work := tracer.Start(below, "work", trace.WithAttributes(attribute.String("empty", "")))
	work.End()
	root.End()
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
