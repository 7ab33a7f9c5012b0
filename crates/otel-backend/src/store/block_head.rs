//! The head of a block: everything that is known of it without reading it.

use std::sync::Arc;

use super::batch::Batch;
use super::block::{FrameInfo, NewBlock, TraceEntry, raw_length, row_length};
use super::key::{KeySeed, TraceKey};
use super::medium::{Bytes, Medium};
use crate::model::{TraceId, UnixNanos};

/// The head of a block.
#[derive(Debug)]
pub(super) struct BlockHead {
    pub(super) id: i64,
    pub(super) frames: Vec<FrameInfo>,
    /// The entries, sorted.
    pub(super) traces: Vec<TraceEntry>,
    /// The seed of the keys in them.
    pub(super) seed: KeySeed,
    /// False if the keys lack their rests, as in formats 1 to 7.
    pub(super) has_long_keys: bool,
    /// The bytes of its frames.
    pub(super) bytes: Bytes,
    /// Those of the calls between services in each frame, if they were counted.
    pub(super) calls: Option<Bytes>,
    /// The same spans, if they came a moment ago as rows and are to be merged.
    pub(super) recent: Vec<Arc<Batch>>,
    pub(super) first: UnixNanos,
    pub(super) last: UnixNanos,
    /// The time at which the last of its spans was stored, by this machine's clock.
    pub(super) came: UnixNanos,
    /// The start of the newest of its traces, or a later time.
    pub(super) newest: UnixNanos,
    /// The size before compression, in bytes.
    pub(super) raw_length: u64,
    /// The size of its rows before compression, in bytes.
    pub(super) row_length: u64,
    /// The approximate size in the store, in bytes.
    pub(super) size: u64,
}

/// The index of the first entry of a key in a sorted list.
///
/// Keys are random, so the search starts near the place where the key would be if keys were evenly
/// spread; a binary search would read memory all over the list of every block.
fn begin_of(entries: &[TraceEntry], key: TraceKey) -> usize {
    let is_before = |entry: &TraceEntry| entry.key() < key;
    let is_before_at = |place: usize| entries.get(place).is_some_and(is_before);
    let guess = (u64::from(key.short()) * entries.len() as u64) >> u32::BITS;
    let guess = usize::try_from(guess).unwrap_or_default();
    let mut reach = 32;
    loop {
        let low = guess.saturating_sub(reach);
        let high = guess.saturating_add(reach).min(entries.len());
        // Every entry is between the ends of the list, so the loop ends.
        if (low == 0 || is_before_at(low - 1)) && !is_before_at(high) {
            let between = entries.get(low..high).unwrap_or_default();
            return low + between.partition_point(is_before);
        }
        reach = reach.saturating_mul(2);
    }
}

impl BlockHead {
    /// A block of these frames, whose bytes are in the database.
    pub(super) fn new(
        id: i64,
        came: UnixNanos,
        frames: Vec<FrameInfo>,
        seed: KeySeed,
        traces: Vec<TraceEntry>,
    ) -> Self {
        let first = frames.iter().map(|frame| frame.first).min();
        let last = frames.iter().map(|frame| frame.last).max();
        let newest = frames.iter().map(|frame| frame.newest).max();
        Self {
            id,
            raw_length: raw_length(&frames),
            row_length: row_length(&frames),
            size: frames.iter().map(FrameInfo::size).sum(),
            frames,
            // If all rests are zero, it makes no difference.
            has_long_keys: traces.iter().any(|entry| entry.key().rest() != 0),
            traces,
            seed,
            bytes: Bytes::InDatabase,
            calls: None,
            recent: Vec::new(),
            first: first.unwrap_or_default(),
            last: last.unwrap_or_default(),
            came,
            newest: newest.unwrap_or_default(),
        }
    }

    /// A block that has just been stored in this medium.
    pub(super) fn of(id: i64, block: NewBlock, medium: &Medium) -> Self {
        Self {
            bytes: medium.keep(block.data),
            calls: (!block.calls.is_empty()).then(|| medium.keep(block.calls)),
            ..Self::new(id, block.came, block.frames, block.seed, block.traces)
        }
    }

    /// A block that keeps its spans until it is merged.
    pub(super) fn with_recent(self, recent: Vec<Arc<Batch>>) -> Self {
        Self { recent, ..self }
    }

    /// The age of something in the block that claims this time: never younger than the block.
    pub(super) fn age_of(&self, time: UnixNanos) -> UnixNanos {
        time.min(self.came)
    }

    /// The frames that may hold spans of a trace.
    pub(super) fn frames_of(&self, id: TraceId) -> impl Iterator<Item = usize> + '_ {
        let key = self.seed.key(id);
        let key = if self.has_long_keys {
            key
        } else {
            key.without_rest()
        };
        let first = begin_of(&self.traces, key);
        self.traces
            .iter()
            .skip(first)
            .take_while(move |entry| entry.key() == key)
            .map(|entry| usize::from(entry.frame()))
    }

    /// For each frame, the keys of the traces of which it holds spans.
    pub(super) fn keys_by_frame(&self) -> Vec<Vec<TraceKey>> {
        let mut keys = vec![Vec::new(); self.frames.len()];
        for entry in &self.traces {
            if let Some(keys) = keys.get_mut(usize::from(entry.frame())) {
                keys.push(entry.key());
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_however_they_lie() {
        let entries = |keys: &[u32]| -> Vec<_> {
            let entries = keys
                .iter()
                .map(|key| TraceEntry::new(TraceKey::new(*key, 0), 0));
            entries.collect()
        };
        let even: Vec<_> = (0..1000).map(|n| n * 4_294_967).collect();
        let low: Vec<_> = (0..1000).map(|n| n / 3).collect();
        let high: Vec<_> = (0..1000).map(|n| u32::MAX - 1000 + n).collect();
        let same = [7; 500].to_vec();
        for keys in [even, low, high, same, vec![0, u32::MAX], Vec::new()] {
            let entries = entries(&keys);
            for key in keys
                .iter()
                .copied()
                .chain([0, 1, 8, u32::MAX / 2, u32::MAX])
            {
                let key = TraceKey::new(key, 0);
                let expected = entries.partition_point(|entry| entry.key() < key);
                assert_eq!(begin_of(&entries, key), expected, "{key:?} in {keys:?}");
            }
        }
    }
}
