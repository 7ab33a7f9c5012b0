//! Traces of which several frames hold spans: a question about whole traces puts these together, and
//! asks the frames themselves for the others.

use std::sync::{Arc, Mutex};

use hashbrown::HashSet;

use super::block::TraceEntry;
use super::block_head::BlockHead;
use super::catalog::Catalog;
use super::key::{KeySeed, TraceKey};
use super::lock;
use crate::model::TraceId;

/// Traces whose spans may lie in several frames.
#[derive(Debug)]
pub(crate) struct SplitTraces {
    seed: KeySeed,
    /// Their keys, sorted; without its rest if a frame knows the key without it.
    keys: Vec<TraceKey>,
    /// The frames that may hold spans of such traces: the places of their blocks in the catalog, and
    /// their indexes there.
    frames: HashSet<(usize, usize)>,
    /// Blocks with keys of other seeds, which cannot be compared: all of their traces count.
    others: Vec<Arc<BlockHead>>,
}

/// The last answer, with the blocks that it was made for.
#[derive(Debug, Default)]
pub(super) struct LastSplit(Mutex<Option<(Vec<i64>, Arc<SplitTraces>)>>);

/// Entries that are sorted together: as many as fit into a processor's cache.
const SORTED: usize = 4096;

impl SplitTraces {
    fn of(catalog: &Catalog) -> Self {
        let mut split = Self {
            seed: catalog.seed,
            keys: Vec::new(),
            frames: HashSet::new(),
            others: Vec::new(),
        };
        let mut blocks = Vec::new();
        for (place, head) in catalog.blocks.iter().enumerate() {
            if head.seed == split.seed {
                blocks.push((place, head.traces.as_slice()));
            } else {
                split.others.push(Arc::clone(head));
            }
        }
        // The entries of each block are sorted. They are gone through together, the same range of keys in
        // all of them at a time, since a list of all would take as much memory as they do.
        let entries: usize = blocks.iter().map(|(_, entries)| entries.len()).sum();
        let ranges = (entries / SORTED + 1) as u64;
        let mut range = Vec::new();
        for number in 1..=ranges {
            let end = (number << u32::BITS) / ranges;
            for (place, entries) in &mut blocks {
                let is_within = |entry: &&TraceEntry| u64::from(entry.key().short()) < end;
                let within = entries.iter().take_while(is_within).count();
                let (within, rest) = entries.split_at(within);
                range.extend(within.iter().map(|entry| (*entry, *place)));
                *entries = rest;
            }
            range.sort_unstable();
            split.add(&range);
            range.clear();
        }
        split
    }

    /// Adds the split ones of these entries, each with the place of its block.
    fn add(&mut self, entries: &[(TraceEntry, usize)]) {
        for alike in entries.chunk_by(|(a, _), (b, _)| a.key().short() == b.key().short()) {
            // The first has the smallest rest. Without one, it may be that of any of the others.
            match alike {
                [] | [_] => {}
                [(first, _), ..] if first.key().rest() == 0 => self.add_same(alike),
                _ => alike
                    .chunk_by(|(a, _), (b, _)| a.key() == b.key())
                    .filter(|same| same.len() > 1)
                    .for_each(|same| self.add_same(same)),
            }
        }
    }

    fn add_same(&mut self, entries: &[(TraceEntry, usize)]) {
        self.keys
            .extend(entries.first().map(|(entry, _)| entry.key()));
        let frames = entries.iter();
        self.frames
            .extend(frames.map(|(entry, block)| (*block, usize::from(entry.frame()))));
    }

    /// Returns true if all spans of a trace lie in one frame.
    pub(crate) fn is_whole(&self, id: TraceId) -> bool {
        let is_in = |head: &Arc<BlockHead>| head.frames_of(id).next().is_some();
        let key = self.seed.key(id);
        let has = |key| self.keys.binary_search(&key).is_ok();
        !has(key) && !has(key.without_rest()) && !self.others.iter().any(is_in)
    }

    /// Returns true if all traces with spans in a frame lie in it with all of their spans. `block` is the
    /// place of its block in the catalog.
    pub(super) fn are_whole_in(&self, block: usize, frame: usize) -> bool {
        self.others.is_empty() && !self.frames.contains(&(block, frame))
    }
}

impl LastSplit {
    /// Those of a catalog.
    pub(super) fn get(&self, catalog: &Catalog) -> Arc<SplitTraces> {
        let blocks = || catalog.blocks.iter().map(|head| head.id);
        if let Some((known, split)) = &*lock(&self.0)
            && blocks().eq(known.iter().copied())
        {
            return Arc::clone(split);
        }
        let split = Arc::new(SplitTraces::of(catalog));
        *lock(&self.0) = Some((blocks().collect(), Arc::clone(&split)));
        split
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixNanos;

    fn block(id: i64, entries: &[(u32, u16, u16)]) -> Arc<BlockHead> {
        let entry = |(key, rest, frame): &(u32, u16, u16)| {
            TraceEntry::new(TraceKey::new(*key, *rest), *frame)
        };
        let traces = entries.iter().map(entry).collect();
        Arc::new(BlockHead::new(
            id,
            UnixNanos(0),
            Vec::new(),
            KeySeed::LAST_BYTES,
            traces,
        ))
    }

    fn trace(key: u8) -> TraceId {
        let mut id = [0; 16];
        id[15] = key;
        TraceId::new(id).unwrap()
    }

    #[test]
    fn a_trace_is_whole_unless_two_frames_have_spans_of_it() {
        let entries = [(1, 0, 0), (2, 0, 0), (2, 0, 1), (3, 0, 2)];
        let mut catalog = Catalog {
            seed: KeySeed::LAST_BYTES,
            blocks: vec![block(1, &entries)],
            ..Catalog::default()
        };
        let last = LastSplit::default();
        let wholes = |catalog: &Catalog| {
            let split = last.get(catalog);
            let frames = [0, 1, 2].map(|frame| split.are_whole_in(0, frame));
            ([1, 2, 3, 4].map(|key| split.is_whole(trace(key))), frames)
        };
        let expected = ([true, false, true, true], [false, false, true]);
        assert_eq!(wholes(&catalog), expected);
        assert!(Arc::ptr_eq(&last.get(&catalog), &last.get(&catalog)));
        catalog.blocks.push(block(2, &[(3, 0, 0), (4, 0, 1)]));
        let expected = ([true, false, false, true], [false; 3]);
        assert_eq!(wholes(&catalog), expected);
        let split = last.get(&catalog);
        assert!(!split.are_whole_in(1, 0) && split.are_whole_in(1, 1));
        catalog.blocks.remove(0);
        assert_eq!(wholes(&catalog), ([true; 4], [true; 3]));
    }

    #[test]
    fn keys_that_differ_in_their_rests_are_those_of_different_traces() {
        let split = |entries: &[(u32, u16, u16)]| {
            let catalog = Catalog {
                seed: KeySeed::LAST_BYTES,
                blocks: vec![block(1, entries), block(2, &[(9, 5, 0)])],
                ..Catalog::default()
            };
            SplitTraces::of(&catalog).keys
        };
        assert_eq!(split(&[(9, 4, 0), (9, 6, 0)]), []);
        let key = |rest| TraceKey::new(9, rest);
        assert_eq!(split(&[(9, 4, 0), (9, 5, 1), (9, 6, 0)]), [key(5)]);
        assert_eq!(split(&[(9, 0, 0)]), [key(0)]);
    }

    #[test]
    fn many_traces_are_compared_as_few_are() {
        let seed = KeySeed::random();
        let ids = || (1..=4 * SORTED as u128).map(|n| TraceId::new(n.to_be_bytes()).unwrap());
        let block = |number: i64| {
            let mut entries: Vec<_> = ids()
                .filter(|id| number == 0 || id.as_bytes()[15] == 7)
                .map(|id| TraceEntry::new(seed.key(id), 0))
                .collect();
            entries.sort_unstable();
            Arc::new(BlockHead::new(
                number,
                UnixNanos(0),
                Vec::new(),
                seed,
                entries,
            ))
        };
        let catalog = Catalog {
            seed,
            blocks: vec![block(0), block(1)],
            ..Catalog::default()
        };
        let split = SplitTraces::of(&catalog);
        assert!(split.keys.is_sorted());
        for id in ids() {
            assert_eq!(split.is_whole(id), id.as_bytes()[15] != 7);
        }
    }

    #[test]
    fn a_trace_of_a_block_with_other_keys_may_be_split() {
        let catalog = Catalog {
            blocks: vec![block(1, &[(1, 0, 0), (2, 0, 0)])],
            ..Catalog::default()
        };
        let split = LastSplit::default().get(&catalog);
        assert_eq!(
            [1, 2, 3].map(|key| split.is_whole(trace(key))),
            [false, false, true]
        );
        assert!(!split.are_whole_in(0, 0));
    }
}
