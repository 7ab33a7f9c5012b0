//! Checks that an exporter whose own libraries are traced does not export itself.
//!
//! A program of its own, since the subscriber is set for the whole process.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
#![expect(dead_code, reason = "the sink can do more than this test needs")]

use jaeger_exporter::SpanExporter;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[path = "transports/grpc_sink.rs"]
mod grpc_sink;

use grpc_sink::GrpcSink;

#[test]
fn an_export_makes_no_spans() {
    let sink = GrpcSink::start(&[]);
    let exporter = SpanExporter::grpc()
        .with_env(|_| None)
        .with_endpoint(sink.url())
        .build()
        .unwrap();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build();
    // Everything is recorded, at every level.
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing_subscriber::registry().with(layer).init();

    tracing::info_span!("work").in_scope(|| ());
    for _ in 0..3 {
        provider.force_flush().unwrap();
    }
    let call = sink.next();
    let names: Vec<_> = call
        .batch()
        .spans
        .iter()
        .map(|s| s.operation_name.to_string())
        .collect();
    assert_eq!(names, ["work"]);
    assert_eq!(sink.waiting(), 0);
}
