//! The state that the writer and the readers share.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use super::caches::Caches;
use super::catalog::Catalog;
use super::database::Database;
use super::lock;
use super::source::Source;
use super::split::LastSplit;

/// The state that the writer and the readers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) database: Database,
    /// The catalog as of the last commit. A writer that removes blocks holds this lock during the
    /// commit, and a reader holds it while its transaction begins, so that a reader's catalog and
    /// its view of the database agree.
    pub(super) catalog: Mutex<Arc<Catalog>>,
    /// Connections that no reader uses at the moment.
    pub(super) idle: Mutex<Vec<Source>>,
    pub(super) caches: Caches,
    pub(super) split: LastSplit,
    /// Blocks that could not be read, each of which has been reported once.
    damaged: Mutex<HashSet<i64>>,
    /// The same for frames of log records.
    damaged_logs: Mutex<HashSet<i64>>,
}

impl Shared {
    pub(super) fn new(database: Database, catalog: Catalog) -> Self {
        Self {
            database,
            catalog: Mutex::new(Arc::new(catalog)),
            idle: Mutex::new(Vec::new()),
            caches: Caches::default(),
            split: LastSplit::default(),
            damaged: Mutex::default(),
            damaged_logs: Mutex::default(),
        }
    }

    /// Makes these changes visible to every later reader.
    pub(super) fn update(&self, change: impl FnOnce(&mut Catalog)) {
        // Copies the list only if a reader is using the old one.
        change(Arc::make_mut(&mut lock(&self.catalog)));
    }

    /// The current catalog.
    pub(super) fn snapshot(&self) -> Arc<Catalog> {
        Arc::clone(&lock(&self.catalog))
    }

    /// Reports that a block is damaged, once for each block.
    pub(super) fn report_damage(&self, block: i64, reason: &str) {
        if lock(&self.damaged).insert(block) {
            tracing::error!(
                block,
                reason,
                "a block of the store is damaged: what of it cannot be read is left out of all answers"
            );
        }
    }

    /// Reports that a frame of log records is damaged, once for each frame.
    pub(super) fn report_damaged_logs(&self, frame: i64, reason: &str) {
        if lock(&self.damaged_logs).insert(frame) {
            tracing::error!(
                frame,
                reason,
                "a frame of log records is damaged: its records are left out of all answers"
            );
        }
    }

    /// The number of blocks, and of frames of log records, that could not be read so far.
    pub(super) fn damaged(&self) -> usize {
        lock(&self.damaged).len() + lock(&self.damaged_logs).len()
    }
}
