//! Merging small blocks into large ones: which, and what becomes of their frames.
//!
//! A commit makes one block, and many commits are small. What a search costs grows with the number
//! of blocks, so blocks of about the same size are merged, many at a time, until they are large.
//! Frames that are large enough are taken over as they are; the spans of the others are regrouped,
//! those of one trace together. Readers see the old blocks or the new one, never a gap.

use std::sync::Arc;

use super::block::FrameInfo;
use super::build::FRAME_TARGET;
use super::catalog::Head;
use super::unpack::Fate;

/// Blocks of about one size.
struct Tier {
    /// Bytes before compression that they have less than.
    below: u64,
    /// How many of them make a merge worth while.
    enough: usize,
}

/// Each byte is copied about once for each tier that its block goes through, so these are few. Blocks
/// of the third are what commits make under load: enough of them make a large one at once.
const TIERS: [Tier; 4] = [
    Tier::new(64 << 10, 8),
    Tier::new(512 << 10, 8),
    Tier::new(4 << 20, 32),
    Tier::new(LARGE, 8),
];

/// A block of so many bytes before compression is not merged any more.
const LARGE: u64 = 32 << 20;

/// How many blocks are merged at once at most.
const MAX_RUN: usize = 64;

/// A frame of at least so many bytes before compression is taken over as it is.
const KEEP_FRAME: usize = FRAME_TARGET / 4;

/// What becomes of a frame when its block is merged.
pub(super) fn fate(_: usize, info: &FrameInfo) -> Fate {
    if info.raw_length as usize >= KEEP_FRAME {
        Fate::Keep
    } else {
        Fate::Regroup
    }
}

impl Tier {
    const fn new(below: u64, enough: usize) -> Self {
        Self { below, enough }
    }
}

/// The oldest blocks of the first size of which there are enough.
pub(super) fn choose(
    blocks: &[Arc<Head>],
    may_merge: impl Fn(&Head) -> bool,
) -> Option<Vec<Arc<Head>>> {
    let mut lower = 0;
    TIERS.into_iter().find_map(|Tier { below, enough }| {
        let tier = lower..below;
        lower = below;
        let is_of_tier = |head: &&Arc<Head>| tier.contains(&head.raw_length) && may_merge(head);
        let mut run: Vec<_> = blocks.iter().filter(is_of_tier).cloned().collect();
        if run.len() < enough {
            return None;
        }
        run.sort_by_key(|head| head.last);
        run.truncate(until_large(&run));
        Some(run)
    })
}

/// How many of these blocks make a large one.
fn until_large(run: &[Arc<Head>]) -> usize {
    let mut total = 0;
    run.iter()
        .take(MAX_RUN)
        .take_while(|head| {
            let wanted = total < LARGE;
            total += head.raw_length;
            wanted
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixNanos;

    /// Blocks of so many KiB each, the first the oldest.
    fn blocks(kib: &[u32]) -> Vec<Arc<Head>> {
        let head = |(n, kib): (i64, &u32)| {
            let time = UnixNanos(n.cast_unsigned());
            let frame = FrameInfo {
                offset: 0,
                length: 0,
                raw_length: kib * 1024,
                spans: 1,
                first: time,
                last: time,
                newest: time,
            };
            Arc::new(Head::new(n, time, vec![frame], Vec::new()))
        };
        (0..).zip(kib).map(head).collect()
    }

    fn chosen(kib: &[u32]) -> Option<Vec<i64>> {
        let run = choose(&blocks(kib), |_| true)?;
        Some(run.iter().map(|head| head.id).collect())
    }

    #[test]
    fn few_blocks_stay_as_they_are() {
        assert_eq!(chosen(&[1; 7]), None);
        assert_eq!(chosen(&[1, 1, 1, 1, 100, 100, 100, 100]), None);
        assert_eq!(chosen(&[1000; 31]), None);
    }

    #[test]
    fn blocks_of_one_size_are_merged_around_others() {
        assert_eq!(
            chosen(&[1, 1, 9000, 1, 1, 1, 9000, 1, 1, 1]),
            Some(vec![0, 1, 3, 4, 5, 7, 8, 9])
        );
    }

    #[test]
    fn a_merge_stops_when_the_block_is_large() {
        assert_eq!(chosen(&[1100; 40]), Some((0..30).collect()));
        assert_eq!(chosen(&[20_000; 9]), Some(vec![0, 1]));
        assert_eq!(chosen(&[33_000; 9]), None);
    }
}
