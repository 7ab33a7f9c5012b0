//! The processor and the exporter that count log records.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{
    BatchConfig, BatchLogProcessor, LogBatch, LogExporter, LogProcessor, SdkLogRecord,
};

use super::counts::Counts;

/// A [`BatchLogProcessor`] that counts.
#[derive(Debug)]
pub(crate) struct CountedLogs {
    batch: BatchLogProcessor,
    counts: Arc<Counts>,
}

/// An exporter that counts what it passes on.
#[derive(Debug)]
struct CountedExporter<E> {
    exporter: E,
    counts: Arc<Counts>,
}

impl CountedLogs {
    pub(super) fn new<E: LogExporter + 'static>(
        exporter: E,
        config: BatchConfig,
        counts: &Arc<Counts>,
    ) -> Self {
        let exporter = CountedExporter {
            exporter,
            counts: Arc::clone(counts),
        };
        Self {
            batch: BatchLogProcessor::builder(exporter)
                .with_batch_config(config)
                .build(),
            counts: Arc::clone(counts),
        }
    }
}

impl LogProcessor for CountedLogs {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.counts.start();
        self.counts.end();
        self.batch.emit(record, scope);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batch.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.counts.close(self.batch.shutdown_with_timeout(timeout))
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batch.set_resource(resource);
    }
}

impl<E: LogExporter> LogExporter for CountedExporter<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let count = batch.iter().count();
        let result = self.exporter.export(batch).await;
        self.counts.settle(count, &result);
        result
    }

    crate::left::left_to_exporter!(LogExporter);
}
