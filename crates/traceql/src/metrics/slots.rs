//! The bucket in which each span of a batch counts.

use super::window::Buckets;
use crate::Batch;

/// No bucket.
const NONE: u32 = u32::MAX;

/// For each span of a batch, the bucket in which it counts.
pub(super) enum Slots {
    /// All count in one bucket.
    Same(usize),
    Each(Vec<u32>),
}

impl Slots {
    /// `None` if no span counts.
    pub(super) fn of(batch: &dyn Batch, buckets: &Buckets) -> Option<Self> {
        let bounds = batch.start_bounds();
        if let Some(bucket) = bounds.and_then(|bounds| buckets.of_bounds(bounds)) {
            return Some(Self::Same(bucket));
        }
        let slots = each(&batch.starts(), buckets);
        let counts = slots.iter().any(|slot| *slot != NONE);
        counts.then_some(Self::Each(slots))
    }

    /// The bucket of a span; `None` if it does not count.
    pub(super) fn get(&self, row: usize) -> Option<usize> {
        match self {
            Self::Same(slot) => Some(*slot),
            Self::Each(slots) => {
                let slot = slots.get(row).filter(|slot| **slot != NONE);
                slot.map(|slot| *slot as usize)
            }
        }
    }
}

fn each(starts: &[u64], buckets: &Buckets) -> Vec<u32> {
    // Most spans lie in the same bucket as the one before.
    let mut last = (1, 0, NONE);
    let slot = |start: &u64| {
        let (lower, upper, slot) = last;
        if lower <= *start && *start <= upper {
            return slot;
        }
        let Some(bucket) = buckets.of_start(*start) else {
            return NONE;
        };
        let slot = u32::try_from(bucket).unwrap_or(NONE);
        let (lower, upper) = buckets.bounds(bucket);
        let (first, end) = (*buckets.starts().start(), *buckets.starts().end());
        last = ((lower + 1).max(first), upper.min(end), slot);
        slot
    };
    starts.iter().map(slot).collect()
}
