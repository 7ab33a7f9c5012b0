//! Evicts the oldest traces: decides which parts of each block are removed and which stay.
//!
//! A trace is removed completely, with its spans in all blocks, once its latest span is as old as a
//! given time. The age of a span is that of its start or of its block, whichever is older, so
//! clocks that are ahead make nothing younger. The spans of younger traces beside them are moved to
//! new blocks.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::ReadError;
use super::batch::Batch;
use super::block::{FrameInfo, TraceEntry};
use super::block_head::BlockHead;
use super::build::BuiltFrame;
use super::catalog::Catalog;
use super::key::{KeySeed, TraceKey};
use super::source::Source;
use super::unpack::{Fate, Parts};
use crate::format::otlp::{Outline, groups};
use crate::model::{TraceId, UnixNanos};

/// The traces to remove.
pub(super) struct Eviction {
    /// The seed of the keys in new blocks.
    seed: KeySeed,
    /// Traces whose latest span is not younger than this are removed.
    until: UnixNanos,
    /// Traces with spans both before and after that time, which stay.
    survivors: HashSet<TraceId>,
    /// Their keys, with that seed: the first four bytes.
    survivor_keys: HashSet<u32>,
}

/// The remaining parts of a block.
#[derive(Debug, Default)]
pub(super) struct Thinned {
    /// Frames that stay unchanged.
    pub(super) frames: Vec<BuiltFrame>,
    /// Other spans that stay.
    pub(super) spans: Batch,
    /// The first four bytes of the keys of the removed traces.
    pub(super) evicted: Vec<u32>,
}

/// The first four bytes of the keys of all traces that may have a span of a certain age, by their seeds.
#[derive(Default)]
struct OldTraces {
    keys: HashMap<KeySeed, KeySet>,
}

/// A set of few keys that is queried for millions of keys.
struct KeySet {
    /// A bit for each value of the lowest [`KEY_BITS`] bits of the keys.
    bits: Vec<u64>,
    keys: HashSet<u32>,
}

const KEY_BITS: u32 = 20;

impl Eviction {
    /// Decides which traces stay. `unpack` reads a frame; one that cannot be read has no spans.
    pub(super) fn plan(
        catalog: &Catalog,
        until: UnixNanos,
        unpack: impl Fn(&BlockHead, &FrameInfo) -> Result<Vec<u8>, ReadError>,
    ) -> Result<Self, ReadError> {
        let (seed, blocks) = (catalog.seed, &catalog.blocks);
        let old = OldTraces::of(blocks, until, &unpack)?;
        let mut survivors = HashSet::new();
        for head in blocks.iter().filter(|head| head.age_of(head.last) > until) {
            for info in old.frames_after(head, until) {
                let frame = unpack(head, info)?;
                let after = outlines(&frame).filter(|outline| outline.start > until);
                let ids = after.map(|outline| outline.trace_id);
                survivors
                    .extend(ids.filter(|id| old.contains(head.seed, head.seed.short_key(*id))));
            }
        }
        Ok(Self {
            seed,
            until,
            survivor_keys: survivors.iter().map(|id| seed.short_key(*id)).collect(),
            survivors,
        })
    }

    /// Removes all spans up to a time, even those of traces that have later ones.
    pub(super) fn cut(seed: KeySeed, until: UnixNanos) -> Self {
        Self {
            seed,
            until,
            survivors: HashSet::new(),
            survivor_keys: HashSet::new(),
        }
    }

    /// Returns true if there are traces that continue after that time.
    pub(super) fn has_survivors(&self) -> bool {
        !self.survivors.is_empty()
    }

    /// Takes out of a block what goes, and what stays of it; `None` if nothing goes.
    pub(super) fn thin(
        &self,
        source: &Source,
        head: &BlockHead,
    ) -> Result<Option<Thinned>, ReadError> {
        if head.age_of(head.first) > self.until {
            return Ok(None);
        }
        let keys = head.keys_by_frame();
        let keys = |index: usize| keys.get(index).map(Vec::as_slice).unwrap_or_default();
        let fate = |index, info: &FrameInfo| self.fate(head, info, keys(index));
        let mut parts = Parts::new(self.seed);
        parts.add(source, head, fate)?;
        let frames = head.frames.iter().enumerate();
        let dropped = frames.filter(|(index, info)| fate(*index, info) == Fate::Drop);
        let mut evicted: Vec<_> = dropped
            .flat_map(|(index, _)| keys(index))
            .map(|key| key.short())
            .collect();
        let spans = parts.take_spans(|trace, start| {
            let stays = self.keeps(head, trace, start);
            if !stays {
                evicted.push(self.seed.short_key(trace));
            }
            stays
        });
        Ok((!evicted.is_empty()).then_some(Thinned {
            frames: parts.frames,
            spans,
            evicted,
        }))
    }

    /// Returns true if the whole block is removed, whatever it holds.
    pub(super) fn is_all_old(&self, head: &BlockHead) -> bool {
        head.age_of(head.last) <= self.until
    }

    /// The treatment of a frame with traces of these keys. One with keys of another seed is unpacked
    /// in any case, for the ids of its traces.
    fn fate(&self, head: &BlockHead, info: &FrameInfo, keys: &[TraceKey]) -> Fate {
        if head.age_of(info.first) > self.until {
            Fate::Keep
        } else if head.age_of(info.last) <= self.until
            && head.seed == self.seed
            && !keys.iter().any(|key| self.stays(key.short()))
        {
            Fate::Drop
        } else {
            Fate::Regroup
        }
    }

    /// Returns true if a span stays.
    fn keeps(&self, head: &BlockHead, trace: TraceId, start: UnixNanos) -> bool {
        head.age_of(start) > self.until || self.survivors.contains(&trace)
    }

    fn stays(&self, key: u32) -> bool {
        self.survivor_keys.contains(&key)
    }
}

impl OldTraces {
    /// Those of some blocks. Keys of different seeds cannot be compared: where there are such, frames
    /// are unpacked for the ids.
    fn of(
        blocks: &[Arc<BlockHead>],
        until: UnixNanos,
        unpack: impl Fn(&BlockHead, &FrameInfo) -> Result<Vec<u8>, ReadError>,
    ) -> Result<Self, ReadError> {
        let mut old = Self::default();
        for head in blocks {
            old.keys.entry(head.seed).or_default();
        }
        let is_old = |head: &BlockHead, time| head.age_of(time) <= until;
        for head in blocks.iter().filter(|head| is_old(head, head.first)) {
            if old.keys.len() > 1 {
                for info in head.frames.iter().filter(|info| is_old(head, info.first)) {
                    let frame = unpack(head, info)?;
                    outlines(&frame).for_each(|outline| old.insert(outline.trace_id));
                }
            } else if let Some(keys) = old.keys.get_mut(&head.seed) {
                let frame = |entry: &TraceEntry| head.frames.get(usize::from(entry.frame()));
                let is_old =
                    |entry: &&TraceEntry| frame(entry).is_some_and(|info| is_old(head, info.first));
                let entries = head.traces.iter().filter(is_old);
                entries.for_each(|entry| keys.insert(entry.key().short()));
            }
        }
        Ok(old)
    }

    fn insert(&mut self, id: TraceId) {
        for (seed, keys) in &mut self.keys {
            keys.insert(seed.short_key(id));
        }
    }

    fn contains(&self, seed: KeySeed, key: u32) -> bool {
        self.keys.get(&seed).is_some_and(|keys| keys.contains(key))
    }

    /// The frames of a block that may hold later spans of these traces.
    fn frames_after<'h>(
        &self,
        head: &'h BlockHead,
        until: UnixNanos,
    ) -> impl Iterator<Item = &'h FrameInfo> + use<'h> {
        let keys = self.keys.get(&head.seed);
        let is_old =
            |entry: &&TraceEntry| keys.is_some_and(|keys| keys.contains(entry.key().short()));
        let with_old = head.traces.iter().filter(is_old);
        let frames: BTreeSet<_> = with_old.map(|entry| usize::from(entry.frame())).collect();
        let frames = frames
            .into_iter()
            .filter_map(|index| head.frames.get(index));
        frames.filter(move |info| info.last > until)
    }
}

/// The spans of a frame.
fn outlines(frame: &[u8]) -> impl Iterator<Item = Outline<'_>> {
    let groups = groups(frame).into_iter().flatten();
    let spans = groups.flat_map(|group| group.spans);
    spans.filter_map(Outline::read)
}

impl Default for KeySet {
    fn default() -> Self {
        Self {
            bits: vec![0; 1 << (KEY_BITS - 6)],
            keys: HashSet::new(),
        }
    }
}

impl KeySet {
    fn insert(&mut self, key: u32) {
        let (word, bit) = Self::place(key);
        if let Some(word) = self.bits.get_mut(word) {
            *word |= bit;
        }
        self.keys.insert(key);
    }

    fn contains(&self, key: u32) -> bool {
        let (word, bit) = Self::place(key);
        self.bits.get(word).is_some_and(|word| word & bit != 0) && self.keys.contains(&key)
    }

    fn place(key: u32) -> (usize, u64) {
        let low = key & ((1 << KEY_BITS) - 1);
        ((low / 64) as usize, 1 << (low % 64))
    }
}
