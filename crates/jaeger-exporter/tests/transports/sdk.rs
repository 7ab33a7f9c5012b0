//! Tests of the SDK's processors with an exporter that fails.

use std::time::Instant;

use jaeger_exporter::{SpanExporter, Stats};
use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::http_sink::HttpSink;
use crate::spans::{SOON, free_port, provider};

fn to_nobody() -> (SpanExporter, String) {
    let url = format!("http://127.0.0.1:{}/api/traces", free_port());
    let exporter = SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(&url)
        .build()
        .unwrap();
    (exporter, url)
}

fn one_span(provider: &SdkTracerProvider) {
    provider.tracer("test").in_span("work", |_| ());
}

fn counts(stats: &Stats) -> [u64; 3] {
    [stats.exported(), stats.dropped(), stats.failed()]
}

#[test]
fn force_flush_says_what_was_lost() {
    let (exporter, url) = to_nobody();
    let stats = exporter.stats();
    let provider = provider(exporter);
    one_span(&provider);
    one_span(&provider);
    let Err(OTelSdkError::InternalFailure(message)) = provider.force_flush() else {
        panic!("a lost batch is an error");
    };
    let said = format!("2 of 2 spans not delivered to {url}: connection refused");
    assert!(message.contains(&said), "{message}");
    assert_eq!(counts(&stats), [0, 0, 2]);
}

#[test]
fn a_program_without_a_backend_ends_soon() {
    let (exporter, _) = to_nobody();
    let stats = exporter.stats();
    let provider = provider(exporter);
    one_span(&provider);
    let started = Instant::now();
    // The batch processor does not return the error of its last export, but the counts show it.
    provider.shutdown().unwrap();
    assert!(started.elapsed() < SOON);
    assert_eq!(counts(&stats), [0, 0, 1]);
}

#[test]
fn a_simple_processor_reports_losses_on_shutdown() {
    let (exporter, _) = to_nobody();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter)
        .build();
    one_span(&provider);
    let message = provider.shutdown().unwrap_err().to_string();
    assert!(message.contains("1 spans were lost"), "{message}");
}

#[tokio::test]
async fn a_simple_processor_over_http_works_inside_a_runtime() {
    let sink = HttpSink::start(&[]);
    let exporter = SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(sink.url())
        .build()
        .unwrap();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter)
        .build();
    one_span(&provider);
    assert_eq!(sink.next().spans(), 1);
    provider.shutdown().unwrap();
}

#[test]
fn spans_after_a_failure_arrive() {
    let sink = HttpSink::start(&["HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"]);
    let exporter = SpanExporter::http()
        .with_env(|_| None)
        .with_endpoint(sink.url())
        .build()
        .unwrap();
    let stats = exporter.stats();
    let provider = provider(exporter);
    one_span(&provider);
    provider.force_flush().unwrap_err();
    one_span(&provider);
    provider.force_flush().unwrap();
    assert_eq!(counts(&stats), [1, 0, 1]);
    provider.shutdown().unwrap();
}
