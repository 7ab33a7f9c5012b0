//! Evicts the oldest traces: decides which parts of each block are removed and which stay.
//!
//! A trace is removed completely, with its spans in all blocks, once its latest span is as old as a
//! given time. The age of a span is that of its start or of its block, whichever is older, so
//! clocks that are ahead make nothing younger. The spans of younger traces beside them are moved to
//! new blocks.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::ReadError;
use super::batch::Batch;
use super::block::{FrameInfo, trace_key};
use super::build::BuiltFrame;
use super::catalog::Head;
use super::source::Source;
use super::unpack::{Fate, Parts};
use crate::format::otlp::{Outline, groups};
use crate::model::{TraceId, UnixNanos};

/// The traces to remove.
pub(super) struct Eviction {
    /// Traces whose latest span is not younger than this are removed.
    until: UnixNanos,
    /// Traces with spans both before and after that time, which stay.
    survivors: HashSet<TraceId>,
    survivor_keys: HashSet<u32>,
}

/// The remaining parts of a block.
#[derive(Debug, Default)]
pub(super) struct Thinned {
    /// Frames that stay unchanged.
    pub(super) frames: Vec<BuiltFrame>,
    /// Other spans that stay.
    pub(super) spans: Batch,
    /// The keys of the removed traces.
    pub(super) evicted: Vec<u32>,
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
        blocks: &[Arc<Head>],
        until: UnixNanos,
        unpack: impl Fn(&Head, &FrameInfo) -> Result<Vec<u8>, ReadError>,
    ) -> Result<Self, ReadError> {
        let old = old_keys(blocks, until);
        let mut survivors = HashSet::new();
        for head in blocks.iter().filter(|head| head.age_of(head.last) > until) {
            for info in frames_after(head, until, &old) {
                let frame = unpack(head, info)?;
                let outlines = groups(&frame).into_iter().flatten();
                let outlines = outlines.flat_map(|group| group.spans);
                for outline in outlines.filter_map(Outline::read) {
                    if outline.start > until && old.contains(trace_key(outline.trace_id)) {
                        survivors.insert(outline.trace_id);
                    }
                }
            }
        }
        Ok(Self {
            until,
            survivor_keys: survivors.iter().map(|id| trace_key(*id)).collect(),
            survivors,
        })
    }

    /// Removes all spans up to a time, even those of traces that have later ones.
    pub(super) fn cut(until: UnixNanos) -> Self {
        Self {
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
    pub(super) fn thin(&self, source: &Source, head: &Head) -> Result<Option<Thinned>, ReadError> {
        if head.age_of(head.first) > self.until {
            return Ok(None);
        }
        let keys = head.keys_by_frame();
        let keys = |index: usize| keys.get(index).map(Vec::as_slice).unwrap_or_default();
        let fate = |index, info: &FrameInfo| self.fate(head, info, keys(index));
        let mut parts = Parts::default();
        parts.add(source, head, fate)?;
        let frames = head.frames.iter().enumerate();
        let dropped = frames.filter(|(index, info)| fate(*index, info) == Fate::Drop);
        let mut evicted: Vec<_> = dropped
            .flat_map(|(index, _)| keys(index))
            .copied()
            .collect();
        let spans = parts.take_spans(|trace, start| {
            let stays = self.keeps(head, trace, start);
            if !stays {
                evicted.push(trace_key(trace));
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
    pub(super) fn is_all_old(&self, head: &Head) -> bool {
        head.age_of(head.last) <= self.until
    }

    /// The treatment of a frame with traces of these keys.
    fn fate(&self, head: &Head, info: &FrameInfo, keys: &[u32]) -> Fate {
        if head.age_of(info.first) > self.until {
            Fate::Keep
        } else if head.age_of(info.last) <= self.until && !keys.iter().any(|key| self.stays(*key)) {
            Fate::Drop
        } else {
            Fate::Regroup
        }
    }

    /// Returns true if a span stays.
    fn keeps(&self, head: &Head, trace: TraceId, start: UnixNanos) -> bool {
        head.age_of(start) > self.until || self.survivors.contains(&trace)
    }

    fn stays(&self, key: u32) -> bool {
        self.survivor_keys.contains(&key)
    }
}

/// The keys of all traces that may have a span as old as `until`.
fn old_keys(blocks: &[Arc<Head>], until: UnixNanos) -> KeySet {
    let mut keys = KeySet {
        bits: vec![0; 1 << (KEY_BITS - 6)],
        keys: HashSet::new(),
    };
    for head in blocks
        .iter()
        .filter(|head| head.age_of(head.first) <= until)
    {
        for entry in &head.traces {
            let info = head.frames.get(usize::from(entry.frame));
            if info.is_some_and(|info| head.age_of(info.first) <= until) {
                keys.insert(entry.key);
            }
        }
    }
    keys
}

/// The frames of a block that may hold later spans of those traces.
fn frames_after<'h>(
    head: &'h Head,
    until: UnixNanos,
    old: &KeySet,
) -> impl Iterator<Item = &'h FrameInfo> {
    let with_old = head.traces.iter().filter(|entry| old.contains(entry.key));
    let frames: BTreeSet<_> = with_old.map(|entry| usize::from(entry.frame)).collect();
    let frames = frames
        .into_iter()
        .filter_map(|index| head.frames.get(index));
    frames.filter(move |info| info.last > until)
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
