//! Chunks of columns that were unpacked: the questions of a page ask for the same columns of the same
//! frames, and to read and unpack a small chunk takes longer than to look through its values.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::lock;

/// Bytes that are kept: what a page asks of about a million spans.
const MAX: usize = 32 << 20;

/// A larger chunk, as of long texts, would take the place of many others.
const MAX_CHUNK: usize = 32 << 10;

/// Bytes that a chunk takes beside its own.
const OVERHEAD: usize = 96;

/// Chunks of the newest blocks.
#[derive(Debug, Default)]
pub(super) struct Chunks(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By the id of the block, and where the chunk begins in it.
    chunks: BTreeMap<(i64, usize), Arc<Vec<u8>>>,
    bytes: usize,
}

impl Chunks {
    /// A chunk that was kept.
    pub(super) fn get(&self, block: i64, offset: usize) -> Option<Arc<Vec<u8>>> {
        lock(&self.0).chunks.get(&(block, offset)).cloned()
    }

    /// Keeps a chunk, if there is room.
    pub(super) fn keep(&self, block: i64, offset: usize, chunk: &Arc<Vec<u8>>) {
        lock(&self.0).keep((block, offset), chunk, MAX);
    }
}

impl Kept {
    /// Those of the oldest blocks go first, and none of a block that is older still is taken in: who
    /// goes through more than is kept still finds the rest.
    fn keep(&mut self, place: (i64, usize), chunk: &Arc<Vec<u8>>, most: usize) {
        let size = chunk.len() + OVERHEAD;
        let is_oldest = || self.chunks.keys().next().is_none_or(|first| place < *first);
        if chunk.len() > MAX_CHUNK || self.bytes + size > most && is_oldest() {
            return;
        }
        self.bytes += size;
        if let Some(before) = self.chunks.insert(place, Arc::clone(chunk)) {
            self.bytes -= before.len() + OVERHEAD;
        }
        while self.bytes > most
            && let Some((_, gone)) = self.chunks.pop_first()
        {
            self.bytes -= gone.len() + OVERHEAD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chunks_of_the_newest_blocks_are_kept_as_far_as_there_is_room() {
        let mut kept = Kept::default();
        let most = 3 * (100 + OVERHEAD);
        for block in [3, 9, 1, 7, 5, 8, 2, 9] {
            kept.keep((block, 7), &Arc::new(vec![0; 100]), most);
            assert_eq!(kept.bytes, kept.chunks.len() * (100 + OVERHEAD));
        }
        let blocks: Vec<_> = kept.chunks.keys().map(|(block, _)| *block).collect();
        assert_eq!(blocks, [7, 8, 9]);
        kept.keep((10, 0), &Arc::new(vec![0; MAX_CHUNK + 1]), usize::MAX);
        assert_eq!(kept.chunks.len(), 3);
    }

    #[test]
    fn a_chunk_that_was_kept_is_found() {
        let chunks = Chunks::default();
        assert_eq!(chunks.get(1, 2), None);
        chunks.keep(1, 2, &Arc::new(vec![3]));
        assert_eq!(chunks.get(1, 2), Some(Arc::new(vec![3])));
        assert_eq!((chunks.get(1, 3), chunks.get(2, 2)), (None, None));
    }
}
