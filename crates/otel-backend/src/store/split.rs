//! Traces of which several frames hold spans: a question about whole traces puts these together, and
//! asks the frames themselves for the others.

use std::sync::{Arc, Mutex};

use super::block_head::BlockHead;
use super::catalog::Catalog;
use super::key::KeySeed;
use super::lock;
use crate::model::TraceId;

/// Traces whose spans may lie in several frames.
#[derive(Debug)]
pub(crate) struct SplitTraces {
    seed: KeySeed,
    /// Their keys, sorted.
    keys: Vec<u32>,
    /// Blocks with keys of other seeds, which cannot be compared: all of their traces count.
    others: Vec<Arc<BlockHead>>,
}

/// The last answer, with the blocks that it was made for.
#[derive(Debug, Default)]
pub(super) struct LastSplit(Mutex<Option<(Vec<i64>, Arc<SplitTraces>)>>);

impl SplitTraces {
    fn of(catalog: &Catalog) -> Self {
        let seed = catalog.seed;
        let blocks = catalog.blocks.iter();
        let (same, others): (Vec<_>, Vec<_>) = blocks.partition(|head| head.seed == seed);
        let entries = same.into_iter().flat_map(|head| &head.traces);
        let mut keys: Vec<_> = entries.map(|entry| entry.key).collect();
        #[expect(
            clippy::stable_sort_primitive,
            reason = "those of each block are sorted, which this sort makes use of"
        )]
        keys.sort();
        let same = keys.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
        Self {
            seed,
            keys: same.filter_map(<[_]>::first).copied().collect(),
            others: others.into_iter().cloned().collect(),
        }
    }

    /// Returns true if all spans of a trace lie in one frame.
    pub(crate) fn is_whole(&self, id: TraceId) -> bool {
        let is_in = |head: &Arc<BlockHead>| head.frames_of(id).next().is_some();
        self.keys.binary_search(&self.seed.key(id)).is_err() && !self.others.iter().any(is_in)
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
    use crate::store::block::TraceEntry;

    fn block(id: i64, entries: &[(u32, u16)]) -> Arc<BlockHead> {
        let entry = |(key, frame): &(u32, u16)| TraceEntry {
            key: *key,
            frame: *frame,
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
        let mut catalog = Catalog {
            seed: KeySeed::LAST_BYTES,
            blocks: vec![block(1, &[(1, 0), (2, 0), (2, 1), (3, 1)])],
            ..Catalog::default()
        };
        let last = LastSplit::default();
        let wholes = |catalog: &Catalog| {
            let split = last.get(catalog);
            [1, 2, 3, 4].map(|key| split.is_whole(trace(key)))
        };
        assert_eq!(wholes(&catalog), [true, false, true, true]);
        assert!(Arc::ptr_eq(&last.get(&catalog), &last.get(&catalog)));
        catalog.blocks.push(block(2, &[(3, 0), (4, 0)]));
        assert_eq!(wholes(&catalog), [true, false, false, true]);
        catalog.blocks.remove(0);
        assert_eq!(wholes(&catalog), [true; 4]);
    }

    #[test]
    fn a_trace_of_a_block_with_other_keys_may_be_split() {
        let catalog = Catalog {
            blocks: vec![block(1, &[(1, 0), (2, 0)])],
            ..Catalog::default()
        };
        let split = LastSplit::default().get(&catalog);
        assert_eq!(
            [1, 2, 3].map(|key| split.is_whole(trace(key))),
            [false, false, true]
        );
    }
}
