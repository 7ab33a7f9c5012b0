//! The heads of all blocks and log frames, which are kept in memory.

use std::collections::HashSet;
use std::sync::Arc;

use super::Operation;
use super::block_head::BlockHead;
use super::evicted::Evicted;
use super::key::KeySeed;
use super::log_frame::{LogHead, NewLogFrame};
use super::medium::Medium;
use crate::model::UnixNanos;

/// All blocks and operations at one moment, and the evicted traces.
#[derive(Debug, Clone)]
pub(super) struct Catalog {
    /// The seed of the keys in new blocks.
    pub(super) seed: KeySeed,
    /// The blocks, in the order of writing.
    pub(super) blocks: Vec<Arc<BlockHead>>,
    pub(super) operations: Arc<HashSet<Operation>>,
    pub(super) evicted: Evicted,
    /// The frames of log records, in the order of writing.
    pub(super) logs: Vec<Arc<LogHead>>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self {
            seed: KeySeed::random(),
            blocks: Vec::new(),
            operations: Arc::default(),
            evicted: Evicted::default(),
            logs: Vec::new(),
        }
    }
}

impl Catalog {
    /// Adds frames of log records that have just been stored with these ids.
    pub(super) fn add_logs(&mut self, ids: Vec<i64>, frames: Vec<NewLogFrame>, medium: &Medium) {
        let frames = ids.into_iter().zip(frames);
        let heads = frames.map(|(id, frame)| Arc::new(LogHead::of(id, frame, medium)));
        self.logs.extend(heads);
    }

    /// The time at which the last span or log record was stored.
    pub(super) fn last_came(&self) -> Option<UnixNanos> {
        let spans = self.blocks.iter().map(|head| head.came);
        spans.chain(self.logs.iter().map(|head| head.came)).max()
    }

    /// About how much memory the spans take that are to be merged, in bytes.
    pub(super) fn recent_size(&self) -> usize {
        let recent = self.blocks.iter().flat_map(|head| &head.recent);
        recent.map(|batch| batch.size()).sum()
    }

    /// The approximate size of everything in the store, in bytes.
    pub(super) fn size(&self) -> u64 {
        let blocks: u64 = self.blocks.iter().map(|head| head.size).sum();
        blocks + self.logs.iter().map(|head| head.size()).sum::<u64>()
    }
}
