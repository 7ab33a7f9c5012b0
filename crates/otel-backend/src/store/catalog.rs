//! What the process knows of every block without reading it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use super::block::{Body, FrameInfo, NewBlock, TraceEntry, raw_length, trace_key};
use super::database::Database;
use super::evicted::Evicted;
use super::source::Source;
use super::{Operation, lock};
use crate::model::{TraceId, UnixNanos};

/// One block of the store.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) id: i64,
    pub(super) frames: Vec<FrameInfo>,
    /// Sorted.
    pub(super) traces: Vec<TraceEntry>,
    /// The rest, if the store is in memory.
    pub(super) resident: Option<Body>,
    pub(super) first: UnixNanos,
    pub(super) last: UnixNanos,
    /// Bytes before compression.
    pub(super) raw_length: u64,
    /// About how many bytes it takes where it is kept.
    pub(super) size: u64,
}

/// All blocks and operations at one moment, and what is no longer there.
#[derive(Debug, Clone, Default)]
pub(super) struct Catalog {
    /// In the order in which they were written.
    pub(super) blocks: Vec<Arc<Head>>,
    pub(super) operations: Arc<HashSet<Operation>>,
    pub(super) evicted: Evicted,
}

/// What the writer and the readers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) database: Database,
    /// The catalog as of the last commit. Whoever removes blocks holds this over the commit, and a
    /// reader holds it while its transaction begins: so a reader's catalog and its view of the
    /// database agree.
    pub(super) catalog: Mutex<Arc<Catalog>>,
    /// Connections that no reader uses at the moment.
    pub(super) idle: Mutex<Vec<Source>>,
    /// Blocks that could not be read, each of which has been reported once.
    damaged: Mutex<HashSet<i64>>,
}

impl Shared {
    pub(super) fn new(database: Database, catalog: Catalog) -> Self {
        Self {
            database,
            catalog: Mutex::new(Arc::new(catalog)),
            idle: Mutex::new(Vec::new()),
            damaged: Mutex::default(),
        }
    }

    /// Lets every later reader see these changes.
    pub(super) fn update(&self, change: impl FnOnce(&mut Catalog)) {
        // Copies the list only while a reader looks at the old one.
        change(Arc::make_mut(&mut lock(&self.catalog)));
    }

    /// The catalog at this moment.
    pub(super) fn snapshot(&self) -> Arc<Catalog> {
        Arc::clone(&lock(&self.catalog))
    }

    /// Says, once for each block, that it is damaged.
    pub(super) fn report_damage(&self, block: i64, reason: &str) {
        if lock(&self.damaged).insert(block) {
            tracing::error!(
                block,
                reason,
                "a block of the store is damaged: what of it cannot be read is left out of all answers"
            );
        }
    }

    /// How many blocks could not be read so far.
    pub(super) fn damaged(&self) -> usize {
        lock(&self.damaged).len()
    }
}

impl Head {
    /// A block of these frames, whose body is not in memory.
    pub(super) fn new(id: i64, frames: Vec<FrameInfo>, traces: Vec<TraceEntry>) -> Self {
        let first = frames.iter().map(|frame| frame.first).min();
        let last = frames.iter().map(|frame| frame.last).max();
        Self {
            id,
            raw_length: raw_length(&frames),
            size: frames.iter().map(FrameInfo::size).sum(),
            frames,
            traces,
            resident: None,
            first: first.unwrap_or_default(),
            last: last.unwrap_or_default(),
        }
    }

    /// A block that has just been made; it keeps its body if it is to be `resident`.
    pub(super) fn of(id: i64, block: NewBlock, resident: bool) -> Self {
        Self {
            resident: resident.then_some(block.body),
            ..Self::new(id, block.frames, block.traces)
        }
    }

    /// The frames that may hold spans of a trace.
    pub(super) fn frames_of(&self, id: TraceId) -> impl Iterator<Item = usize> + '_ {
        let key = trace_key(id);
        let first = self.traces.partition_point(|entry| entry.key < key);
        self.traces
            .iter()
            .skip(first)
            .take_while(move |entry| entry.key == key)
            .map(|entry| usize::from(entry.frame))
    }

    /// For each frame, the keys of the traces of which it holds spans.
    pub(super) fn keys_by_frame(&self) -> Vec<Vec<u32>> {
        let mut keys = vec![Vec::new(); self.frames.len()];
        for entry in &self.traces {
            if let Some(keys) = keys.get_mut(usize::from(entry.frame)) {
                keys.push(entry.key);
            }
        }
        keys
    }
}
