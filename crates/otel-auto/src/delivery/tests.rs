use std::sync::{Mutex, mpsc};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample,
    SpanData,
};

use super::*;

const ENDPOINT: &str = "http://127.0.0.1:14268/api/traces";

#[test]
fn counts_what_was_acknowledged() {
    let delivery = Delivery::to(ENDPOINT);
    let provider = provider(delivery.batch(InMemorySpanExporter::default()));

    end_spans(&provider, 3);
    assert_eq!((delivery.sent(), delivery.lost()), (3, 0));
    provider.shutdown().unwrap();

    insta::assert_snapshot!(delivery, @"otel-auto: 3 spans sent to http://127.0.0.1:14268/api/traces: 3 acknowledged, 0 lost");
}

#[test]
fn a_failed_export_is_an_error_and_names_what_to_check() {
    let delivery = Delivery::to(ENDPOINT).with_variable("OTEL_EXPORTER_JAEGER_ENDPOINT");
    let provider = provider(delivery.batch(Refusing));

    end_spans(&provider, 2);
    assert!(provider.shutdown().is_err());

    assert_eq!(delivery.lost(), 2);
    insta::assert_snapshot!(delivery, @"otel-auto: 2 spans sent to http://127.0.0.1:14268/api/traces: 0 acknowledged, 2 lost: connection refused; start a backend there with ./bootstrap.sh or otel-backend, or name another with OTEL_EXPORTER_JAEGER_ENDPOINT");
}

#[test]
fn spans_that_a_full_queue_dropped_are_lost() {
    let (exporter, gate) = Gated::new();
    let delivery = Delivery::to(ENDPOINT);
    let limits = Batch {
        max_queue_size: 1,
        max_export_batch_size: 1,
        ..Batch::of_spans()
    };
    let provider = provider(delivery.batch_with_limits(exporter, limits));

    end_spans(&provider, 1);
    gate.entered.recv().unwrap();
    // The exporter holds the first span, the queue takes one more, and the others are dropped.
    end_spans(&provider, 4);
    drop(gate.open);
    provider.shutdown().unwrap();

    insta::assert_snapshot!(delivery, @"otel-auto: 5 spans sent to http://127.0.0.1:14268/api/traces: 2 acknowledged, 3 lost: 3 dropped by a full queue; raise OTEL_BSP_MAX_QUEUE_SIZE or lower OTEL_BSP_SCHEDULE_DELAY");
}

#[test]
fn an_exporter_that_hangs_does_not_hold_up_shutdown() {
    let (exporter, gate) = Gated::new();
    let delivery = Delivery::to(ENDPOINT);
    let provider = provider(delivery.batch(exporter));

    end_spans(&provider, 1);
    let result = provider.shutdown_with_timeout(Duration::from_millis(10));

    assert!(result.is_err());
    insta::assert_snapshot!(delivery, @"otel-auto: 1 span sent to http://127.0.0.1:14268/api/traces: 0 acknowledged, 1 lost: 1 not answered in the time for shutdown; does the backend hang?");
    drop(gate);
}

#[test]
fn spans_that_have_not_ended_are_named() {
    let delivery = Delivery::to(ENDPOINT);
    let provider = provider(delivery.batch(InMemorySpanExporter::default()));
    let open = provider.tracer("test").start("open");

    end_spans(&provider, 1);
    provider.shutdown().unwrap();
    drop(open);

    insta::assert_snapshot!(delivery, @"otel-auto: 1 span sent to http://127.0.0.1:14268/api/traces: 1 acknowledged, 0 lost; 1 not ended and so not sent");
}

#[test]
fn unsampled_spans_are_neither_counted_nor_exported() {
    let exporter = InMemorySpanExporter::default();
    let delivery = Delivery::to(ENDPOINT);
    let provider = SdkTracerProvider::builder()
        .with_sampler(RecordOnly)
        .with_span_processor(delivery.batch(exporter.clone()))
        .build();

    end_spans(&provider, 3);
    provider.force_flush().unwrap();

    assert!(exporter.get_finished_spans().unwrap().is_empty());
    assert_eq!(delivery.sent(), 0);
}

fn provider(processor: CountedBatch) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_span_processor(processor)
        .build()
}

fn end_spans(provider: &SdkTracerProvider, count: usize) {
    let tracer = provider.tracer("test");
    for _ in 0..count {
        tracer.in_span("work", |_| {});
    }
}

#[derive(Debug)]
struct Refusing;

impl SpanExporter for Refusing {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        let message = format!("2 of 2 spans not delivered to {ENDPOINT}: connection refused");
        Err(OTelSdkError::InternalFailure(message))
    }
}

/// An exporter that signals the start of each export, and ends it when the gate is opened.
#[derive(Debug)]
struct Gated {
    entered: mpsc::Sender<()>,
    opened: Mutex<mpsc::Receiver<()>>,
}

struct Gate {
    entered: mpsc::Receiver<()>,
    open: mpsc::Sender<()>,
}

impl Gated {
    fn new() -> (Self, Gate) {
        let (entered, enters) = mpsc::channel();
        let (open, opened) = mpsc::channel();
        let exporter = Self {
            entered,
            opened: Mutex::new(opened),
        };
        let gate = Gate {
            entered: enters,
            open,
        };
        (exporter, gate)
    }
}

impl SpanExporter for Gated {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        self.entered.send(()).ok();
        // An error means that the gate was dropped and stays open.
        self.opened.lock().unwrap().recv().ok();
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct RecordOnly;

impl ShouldSample for RecordOnly {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: opentelemetry::trace::TraceId,
        _: &str,
        _: &opentelemetry::trace::SpanKind,
        _: &[opentelemetry::KeyValue],
        _: &[opentelemetry::trace::Link],
    ) -> SamplingResult {
        SamplingResult {
            decision: SamplingDecision::RecordOnly,
            attributes: Vec::new(),
            trace_state: opentelemetry::trace::TraceState::default(),
        }
    }
}
