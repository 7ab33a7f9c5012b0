use std::sync::mpsc::{Receiver, Sender};

use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use proptest::prelude::*;

use super::*;

/// Longer than any test.
const NEVER: Duration = Duration::from_hours(1);
/// The time after which a test fails.
const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_full_batch_does_not_wait_for_the_delay() {
    let (provider, batches) = provider(limits(3, NEVER));
    end_spans(&provider, 0..7);
    assert_eq!(batches.recv_timeout(LIMIT), Ok(names(0..3)));
    assert_eq!(batches.recv_timeout(LIMIT), Ok(names(3..6)));
    assert!(batches.try_recv().is_err());
}

#[test]
fn a_batch_that_is_not_full_waits_for_the_delay() {
    let (provider, batches) = provider(limits(3, Duration::from_millis(1)));
    end_spans(&provider, 0..1);
    assert_eq!(batches.recv_timeout(LIMIT), Ok(names(0..1)));
    end_spans(&provider, 1..2);
    assert_eq!(batches.recv_timeout(LIMIT), Ok(names(1..2)));
}

#[test]
fn a_flush_tells_a_failure_and_the_end_exports_the_rest() {
    let (provider, batches) = provider(limits(2, NEVER));
    end_spans(&provider, 0..5);
    provider.force_flush().unwrap();
    assert_eq!(
        batches.try_iter().flatten().collect::<Vec<_>>(),
        names(0..5)
    );

    end_spans(&provider, 5..6);
    provider.shutdown().unwrap();
    assert_eq!(batches.iter().collect::<Vec<_>>(), [names(5..6)]);
    assert!(provider.shutdown().is_err());
}

#[test]
fn a_failed_export_is_the_result_of_the_flush() {
    // No batch is full, so that only the flush and the end export.
    let (provider, batches) = provider(limits(3, NEVER));
    drop(batches);
    end_spans(&provider, 0..2);
    assert!(provider.force_flush().is_err());
    end_spans(&provider, 2..3);
    assert!(provider.shutdown().is_err());
}

#[test]
fn nothing_is_taken_after_the_end() {
    let (exporter, batches) = Passing::new();
    let processor = BatchProcessor::new(exporter, limits(1, NEVER));
    processor.shutdown_with_timeout(LIMIT).unwrap();
    assert_eq!(
        processor.force_flush().unwrap_err().to_string(),
        OTelSdkError::AlreadyShutdown.to_string()
    );
    // The exporter is gone with its thread.
    assert!(batches.recv_timeout(LIMIT).is_err());
}

#[test]
fn the_thread_ends_with_the_processor() {
    let (exporter, batches) = Passing::new();
    drop(BatchProcessor::new(exporter, limits(1, NEVER)));
    let ended = batches.recv_timeout(LIMIT);
    assert_eq!(ended, Err(RecvTimeoutError::Disconnected));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_span_is_exported_once_in_order(
        size in 1..6_usize,
        rounds in prop::collection::vec(0..12_usize, 1..5),
    ) {
        let (provider, batches) = provider(limits(size, NEVER));
        let mut ended = 0;
        for round in rounds {
            end_spans(&provider, ended..ended + round);
            ended += round;
            provider.force_flush().unwrap();
        }
        let batches: Vec<_> = batches.try_iter().collect();
        prop_assert!(batches.iter().all(|batch| (1..=size).contains(&batch.len())));
        prop_assert_eq!(batches.concat(), names(0..ended));
    }
}

fn limits(max_export_batch_size: usize, schedule_delay: Duration) -> Batch {
    Batch {
        schedule_delay,
        export_timeout: LIMIT,
        max_queue_size: 2048,
        max_export_batch_size,
    }
}

fn provider(limits: Batch) -> (SdkTracerProvider, Receiver<Vec<String>>) {
    let (exporter, batches) = Passing::new();
    let processor = BatchProcessor::new(exporter, limits);
    let provider = SdkTracerProvider::builder()
        .with_span_processor(processor)
        .build();
    (provider, batches)
}

fn end_spans(provider: &SdkTracerProvider, numbers: std::ops::Range<usize>) {
    let tracer = provider.tracer("test");
    for name in names(numbers) {
        tracer.in_span(name, |_| {});
    }
}

fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}

/// An exporter that passes on the names of the spans, and fails if nobody takes them.
#[derive(Debug)]
struct Passing(Sender<Vec<String>>);

impl Passing {
    fn new() -> (Self, Receiver<Vec<String>>) {
        let (sender, receiver) = mpsc::channel();
        (Self(sender), receiver)
    }
}

impl SpanExporter for Passing {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let names = batch.into_iter().map(|span| span.name.into_owned());
        let gone = |_| OTelSdkError::InternalFailure("nobody takes the spans".to_owned());
        self.0.send(names.collect()).map_err(gone)
    }
}
