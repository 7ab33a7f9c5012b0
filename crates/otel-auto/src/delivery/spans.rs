//! The processor and the exporter that count spans.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter, SpanProcessor};

use super::counts::Counts;
use crate::batch::BatchProcessor;
use crate::config::Batch;

/// A batch processor that counts; made by [`Delivery::batch`](super::Delivery::batch).
#[derive(Debug)]
pub struct CountedBatch {
    batch: BatchProcessor,
    counts: Arc<Counts>,
}

/// An exporter that counts what it passes on.
#[derive(Debug)]
struct CountedExporter<E> {
    exporter: E,
    counts: Arc<Counts>,
}

impl CountedBatch {
    pub(super) fn new<E: SpanExporter + 'static>(
        exporter: E,
        limits: Batch,
        counts: &Arc<Counts>,
    ) -> Self {
        let exporter = CountedExporter {
            exporter,
            counts: Arc::clone(counts),
        };
        Self {
            batch: BatchProcessor::new(exporter, limits),
            counts: Arc::clone(counts),
        }
    }
}

impl SpanProcessor for CountedBatch {
    fn on_start(&self, span: &mut Span, context: &Context) {
        if span.span_context().is_sampled() {
            self.counts.start();
        }
        self.batch.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        // Only sampled spans may be exported.
        // https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling
        if span.span_context.is_sampled() {
            self.counts.end();
            self.batch.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batch.force_flush()
    }

    /// # Errors
    ///
    /// Unlike the SDK's processor, this returns an error also if spans were lost.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.counts.close(self.batch.shutdown_with_timeout(timeout))
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batch.set_resource(resource);
    }
}

impl<E: SpanExporter> SpanExporter for CountedExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let result = self.exporter.export(batch).await;
        self.counts.settle(count, &result);
        result
    }

    crate::left::left_to_exporter!(SpanExporter);
}
