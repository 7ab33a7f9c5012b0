//! Remembers which traces were evicted, as far back as possible.

use std::sync::Arc;

use super::key::KeySeed;
use crate::model::TraceId;

/// The keys of evicted traces, in runs, oldest first.
///
/// Of a key, four bytes are remembered, so with two million keys, one unknown id in two thousand is taken
/// for an evicted one.
#[derive(Debug, Clone, Default)]
pub(super) struct Evicted {
    runs: Vec<Run>,
}

/// The keys of one row in the database.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) id: i64,
    /// The seed of the keys.
    pub(super) seed: KeySeed,
    /// Sorted.
    pub(super) keys: Arc<[u32]>,
}

/// The most traces that are remembered; 8 MiB.
const MAX_KEYS: usize = 2 << 20;

/// A run with fewer keys is extended by the next eviction.
const SMALL_RUN: usize = 32 << 10;

impl Evicted {
    /// Makes the list from the runs in the database, oldest first.
    pub(super) fn new(runs: Vec<Run>) -> Self {
        Self { runs }
    }

    /// Returns true if a trace was evicted, completely or in part.
    pub(super) fn contains(&self, id: TraceId) -> bool {
        let has = |run: &Run| run.keys.binary_search(&run.seed.short_key(id)).is_ok();
        self.runs.iter().any(has)
    }

    /// A run that also holds these keys of that seed: a new one, or an extension of the newest.
    pub(super) fn next(&self, seed: KeySeed, mut keys: Vec<u32>) -> Run {
        let last = self.runs.last();
        let id = match last {
            Some(run) if run.seed == seed && run.keys.len() < SMALL_RUN => {
                keys.extend_from_slice(&run.keys);
                run.id
            }
            Some(run) => run.id + 1,
            None => 1,
        };
        keys.sort_unstable();
        keys.dedup();
        Run {
            id,
            seed,
            keys: keys.into(),
        }
    }

    /// Adds a run, and forgets the oldest if there are too many. All runs before the returned id
    /// are forgotten.
    pub(super) fn push(&mut self, run: Run) -> i64 {
        self.runs.retain(|other| other.id != run.id);
        self.runs.push(run);
        let mut total: usize = self.runs.iter().map(|run| run.keys.len()).sum();
        self.runs.retain(|run| {
            let kept = total <= MAX_KEYS;
            if !kept {
                total -= run.keys.len();
            }
            kept
        });
        self.runs.first().map_or(i64::MAX, |run| run.id)
    }
}

impl Run {
    /// The keys, each little-endian.
    pub(super) fn encode(&self) -> Vec<u8> {
        self.keys.iter().flat_map(|key| key.to_le_bytes()).collect()
    }

    /// Decodes a run; an incomplete key at the end is ignored.
    pub(super) fn decode(id: i64, seed: KeySeed, bytes: &[u8]) -> Self {
        let (keys, _) = bytes.as_chunks::<4>();
        let keys = keys.iter().map(|key| u32::from_le_bytes(*key)).collect();
        Self { id, seed, keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(key: u32) -> TraceId {
        TraceId::new((1 << 64 | u128::from(key)).to_be_bytes()).unwrap()
    }

    #[test]
    fn small_runs_grow_and_the_oldest_are_forgotten() {
        let mut evicted = Evicted::default();
        let push = |evicted: &mut Evicted, keys: Vec<u32>| {
            let run = evicted.next(KeySeed::LAST_BYTES, keys);
            let run = Run::decode(run.id, run.seed, &run.encode());
            evicted.push(run)
        };
        assert_eq!(push(&mut evicted, vec![3, 1]), 1);
        assert_eq!(push(&mut evicted, vec![2, 1]), 1);
        assert_eq!(evicted.runs.len(), 1);
        assert!(evicted.contains(id(2)) && evicted.contains(id(3)) && !evicted.contains(id(4)));

        let many = u32::try_from(MAX_KEYS).unwrap() / 2;
        assert_eq!(push(&mut evicted, (10..many).collect()), 1);
        assert_eq!(push(&mut evicted, (many..2 * many).collect()), 1);
        let first_kept = push(&mut evicted, (2 * many..2 * many + 100).collect());
        assert_eq!(first_kept, 2, "the first is forgotten");
        assert!(!evicted.contains(id(3)) && evicted.contains(id(many)));
        assert!(evicted.contains(id(2 * many)));

        let seed = KeySeed::random();
        let run = evicted.next(seed, vec![seed.short_key(id(1))]);
        assert_eq!(evicted.push(run), 2);
        assert_eq!(evicted.runs.len(), 3, "keys of two seeds are not mixed");
        assert!(evicted.contains(id(1)) && evicted.contains(id(2 * many)));
    }
}
