//! Sample: spans made by hand and exported by Jaeger gRPC.
//!
//! All the code, from the exporter to the flush, is in this file, ready to be copied.

use std::{process::ExitCode, thread, time::Duration};

use jaeger_exporter::SpanExporter;
use opentelemetry::{
    Context, KeyValue,
    trace::{Link, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider},
};
use otel_auto::{ConsoleExporter, Delivery};

fn main() -> anyhow::Result<ExitCode> {
    // http://localhost:14250 by default; OTEL_EXPORTER_JAEGER_ENDPOINT overrides it. `http` means
    // without TLS, `https` with TLS.
    let exporter = SpanExporter::grpc().build()?;

    // The delivery counts the spans that were sent and those that the backend acknowledged. A
    // program that does not need it writes `.with_batch_exporter(exporter)` instead.
    let delivery = Delivery::to(exporter.endpoint());
    let provider = SdkTracerProvider::builder()
        .with_resource(
            Resource::builder()
                .with_service_name("my-helloworld-service")
                .build(),
        )
        .with_simple_exporter(ConsoleExporter::stdout())
        .with_span_processor(delivery.batch(exporter))
        .build();

    foo(&provider.tracer("manual-grpc"));

    // Exports the spans that still wait in the batch. An error is also in the delivery.
    provider.shutdown().ok();
    eprintln!("{delivery}");
    Ok(if delivery.lost() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The root span, with an attribute and an event.
fn foo(tracer: &SdkTracer) {
    tracer.in_span("foo", |context| {
        thread::sleep(Duration::from_millis(20));
        let span = context.span();
        span.set_attribute(KeyValue::new("my_atribbute", true));
        span.add_event("event in foo", vec![KeyValue::new("name", "foo1")]);
        bar(tracer, &context);
    });
}

/// A child span that also has a link to its parent.
fn bar(tracer: &SdkTracer, foo: &Context) {
    let link = Link::with_context(foo.span().span_context().clone());
    let builder = tracer.span_builder("bar").with_links(vec![link]);
    tracer.in_span_with_builder(builder, |context| {
        thread::sleep(Duration::from_millis(40));
        context.span().set_attribute(KeyValue::new("speed", 100.0));
        baz(tracer);
    });
}

/// The innermost span.
fn baz(tracer: &SdkTracer) {
    tracer.in_span("baz", |context| {
        thread::sleep(Duration::from_millis(30));
        context
            .span()
            .set_attribute(KeyValue::new("name", "mauricio"));
    });
}
