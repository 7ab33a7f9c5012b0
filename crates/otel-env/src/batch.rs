//! The limits of the batch processors.

use std::time::Duration;

use crate::reader::Reader;
use crate::variable::{ProblemKind, Variable};
use crate::variables as v;

/// The batching limits of spans or log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The longest time that an item waits in the queue.
    pub schedule_delay: Duration,
    /// The time limit of an export.
    pub export_timeout: Duration,
    /// The capacity of the queue; items beyond it are dropped.
    pub max_queue_size: usize,
    /// The largest number of items in one export.
    pub max_export_batch_size: usize,
}

impl Batch {
    /// The limits of spans in the process's environment; a value that is not accepted counts as
    /// unset.
    pub fn of_spans() -> Self {
        spans(&mut Reader::new(&crate::process))
    }
}

/// An exporter with its way of batching spans or log records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processor<E> {
    /// The exporter.
    pub exporter: E,
    /// The batching limits; `None` if each item is exported by itself.
    pub batch: Option<Batch>,
}

pub(crate) fn spans(reader: &mut Reader<'_>) -> Batch {
    let max_queue_size = reader.count(&v::BSP_MAX_QUEUE_SIZE).unwrap_or(2048);
    Batch {
        schedule_delay: delay(reader, &v::BSP_SCHEDULE_DELAY, 5_000),
        export_timeout: timeout(reader, &v::BSP_EXPORT_TIMEOUT),
        max_queue_size,
        max_export_batch_size: batch_size(reader, &v::BSP_MAX_EXPORT_BATCH_SIZE, max_queue_size),
    }
}

pub(crate) fn logs(reader: &mut Reader<'_>) -> Batch {
    let max_queue_size = reader.count(&v::BLRP_MAX_QUEUE_SIZE).unwrap_or(2048);
    Batch {
        schedule_delay: delay(reader, &v::BLRP_SCHEDULE_DELAY, 1_000),
        export_timeout: timeout(reader, &v::BLRP_EXPORT_TIMEOUT),
        max_queue_size,
        max_export_batch_size: batch_size(reader, &v::BLRP_MAX_EXPORT_BATCH_SIZE, max_queue_size),
    }
}

/// At least a millisecond, since the SDK's thread would never rest with zero.
fn delay(reader: &mut Reader<'_>, variable: &'static Variable, default: u64) -> Duration {
    let delay = reader.milliseconds(variable);
    let delay = delay.unwrap_or(Duration::from_millis(default));
    delay.max(Duration::from_millis(1))
}

fn timeout(reader: &mut Reader<'_>, variable: &'static Variable) -> Duration {
    let timeout = reader.timeout(variable);
    timeout.unwrap_or(Duration::from_secs(30))
}

/// The batch must not be larger than the queue.
/// <https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor>
fn batch_size(reader: &mut Reader<'_>, variable: &'static Variable, queue_size: usize) -> usize {
    match reader.count(variable) {
        None => queue_size.min(512),
        Some(size) if size <= queue_size => size,
        Some(size) => {
            let message = format!("more than the queue holds; {queue_size} is used");
            reader.report(ProblemKind::Refused, variable, &size.to_string(), message);
            queue_size
        }
    }
}
