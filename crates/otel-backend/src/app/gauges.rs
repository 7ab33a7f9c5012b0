//! Gauges that are measured only when the metrics are read.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use crate::budget::Budget;
use crate::metrics::gauge;
use crate::query::Held;
use crate::store::Store;

#[derive(Debug)]
pub(super) struct Gauges {
    pub(super) budget: Budget,
    /// The room of what waits to be forwarded, if anything is.
    pub(super) forward: Option<Budget>,
    pub(super) store: Store,
    /// The data directory; `None` if the store is in memory.
    pub(super) directory: Option<PathBuf>,
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Bytes of requests that are being received or stored";
        let used = self.budget.used() as u64;
        gauge(&mut encoder, "otel_backend_queue_bytes", help, used)?;
        let help = "Bytes reserved for traces that are being answered";
        let held = Held::all() as u64;
        gauge(&mut encoder, "otel_backend_answers_bytes", help, held)?;
        if let Some(room) = &self.forward {
            let help = "Bytes that wait to be forwarded";
            let used = room.used() as u64;
            gauge(&mut encoder, "otel_backend_forward_queue_bytes", help, used)?;
        }
        let blocks = self.store.blocks() as u64;
        let help = "Blocks of the store";
        gauge(&mut encoder, "otel_backend_blocks", help, blocks)?;
        let damaged = self.store.damaged_blocks() as u64;
        let help = "Blocks of the store that could not be read";
        gauge(&mut encoder, "otel_backend_damaged_blocks", help, damaged)?;
        if let Some(bytes) = self.directory.as_deref().and_then(size) {
            let help = "Bytes of the data directory on disk";
            gauge(&mut encoder, "otel_backend_disk_bytes", help, bytes)?;
        }
        Ok(())
    }
}

/// The total size of the files in a directory without subdirectories.
fn size(directory: &Path) -> Option<u64> {
    let files = fs::read_dir(directory).ok()?;
    let size = |file: fs::DirEntry| file.metadata().ok().map(|metadata| metadata.len());
    Some(files.flatten().filter_map(size).sum())
}
