//! Processors of spans and of log records.

use std::time::Duration;

use super::exporters;
use super::section::{Item, Section};
use crate::batch::{Batch, Processor};
use crate::exporters::Exporter;
use crate::logs::LogsExporter;

/// The largest queue, since the SDK allocates all of it at the start.
const MAX_QUEUE: u64 = 1_000_000;

pub(super) fn of_spans(provider: &Section<'_>) -> Vec<Processor<Exporter>> {
    read(provider, 5_000, exporters::of_spans)
}

pub(super) fn of_logs(provider: &Section<'_>) -> Vec<Processor<LogsExporter>> {
    read(provider, 1_000, exporters::of_logs)
}

fn read<E>(
    provider: &Section<'_>,
    delay: u64,
    exporter: impl Fn(&Item<'_>) -> Option<E>,
) -> Vec<Processor<E>> {
    if provider.required("processors").is_none() {
        return Vec::new();
    }
    let items = provider.list("processors");
    let processors = items.iter().filter_map(|item| {
        let (name, settings) = item.component()?;
        let batch = match name {
            "batch" => Some(batch(&settings, delay)),
            "simple" => None,
            _ => {
                item.error(format!(
                    "there is no processor {name} here; accepted: batch, simple"
                ));
                return None;
            }
        };
        let exporter = exporter(&settings.required("exporter")?);
        settings.end();
        Some(Processor {
            exporter: exporter?,
            batch,
        })
    });
    processors.collect()
}

fn batch(settings: &Section<'_>, delay: u64) -> Batch {
    let size = |key| {
        let size = settings.integer(key, 1, MAX_QUEUE)?;
        usize::try_from(size).ok()
    };
    let max_queue_size = size("max_queue_size").unwrap_or(2048);
    let max_export_batch_size = size("max_export_batch_size").unwrap_or(512);
    if max_export_batch_size > max_queue_size
        && let Some(item) = settings.item("max_export_batch_size")
    {
        item.note(format!(
            "it is more than the queue holds; {max_queue_size} is used"
        ));
    }
    Batch {
        schedule_delay: settings
            .milliseconds("schedule_delay")
            .unwrap_or(Duration::from_millis(delay))
            .max(Duration::from_millis(1)),
        export_timeout: settings
            .timeout("export_timeout")
            .unwrap_or(Duration::from_secs(30)),
        max_queue_size,
        max_export_batch_size: max_export_batch_size.min(max_queue_size),
    }
}
