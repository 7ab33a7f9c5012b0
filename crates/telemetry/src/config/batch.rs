//! The limits of the batch span processor.

use std::time::Duration;

use opentelemetry_sdk::trace::{BatchConfig, BatchConfigBuilder};

use super::variable::Reader;
use super::variables::{
    BSP_EXPORT_TIMEOUT, BSP_MAX_EXPORT_BATCH_SIZE, BSP_MAX_QUEUE_SIZE, BSP_SCHEDULE_DELAY,
};

/// How spans are gathered and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How long spans wait at most for others.
    pub schedule_delay: Duration,
    /// How long one export may take.
    pub export_timeout: Duration,
    /// How many spans wait at most; more are dropped.
    pub max_queue_size: usize,
    /// How many spans go in one export.
    pub max_export_batch_size: usize,
}

impl Batch {
    pub(crate) fn to_sdk(self) -> BatchConfig {
        BatchConfigBuilder::default()
            .with_scheduled_delay(self.schedule_delay)
            .with_max_queue_size(self.max_queue_size)
            .with_max_export_batch_size(self.max_export_batch_size)
            .build()
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Batch {
    let milliseconds = Duration::from_millis;
    let max_queue_size = reader.count(&BSP_MAX_QUEUE_SIZE).unwrap_or(2048);
    Batch {
        schedule_delay: reader
            .milliseconds(&BSP_SCHEDULE_DELAY)
            .unwrap_or(milliseconds(5_000)),
        export_timeout: reader
            .milliseconds(&BSP_EXPORT_TIMEOUT)
            .unwrap_or(milliseconds(30_000)),
        max_queue_size,
        max_export_batch_size: batch_size(reader, max_queue_size),
    }
}

/// "It must be less than or equal to `maxQueueSize`."
/// <https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor>
fn batch_size(reader: &mut Reader<'_>, queue_size: usize) -> usize {
    match reader.count(&BSP_MAX_EXPORT_BATCH_SIZE) {
        None => queue_size.min(512),
        Some(size) if size <= queue_size => size,
        Some(size) => {
            let message = format!("more than the queue holds; {queue_size} is used");
            reader.report(&BSP_MAX_EXPORT_BATCH_SIZE, &size.to_string(), message);
            queue_size
        }
    }
}
