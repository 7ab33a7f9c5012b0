//! Which log frames are put together, and which are the oldest.

use std::sync::Arc;
use std::time::Duration;

use super::build::FRAME_TARGET;
use super::frame::LogHead;
use crate::model::UnixNanos;

/// Frames of about one size.
struct Tier {
    /// Bytes before compression that they have less than.
    below: u64,
    /// How many of them make a merge worth while.
    enough: usize,
}

const TIERS: [Tier; 2] = [
    Tier {
        below: 64 << 10,
        enough: 8,
    },
    Tier {
        below: FRAME_TARGET as u64 / 2,
        enough: 4,
    },
];

/// How many frames are merged at once at most.
const MAX_RUN: usize = 64;

/// Bytes before compression of the frames that are merged at once; some frames' worth.
const MAX_RAW: u64 = 8 << 20;

/// The frames to be put together, oldest first, if there are enough of one size.
///
/// A frame goes as a whole, so none is made that spans more than an eighth of the time for which records
/// are kept.
pub(crate) fn choose(
    frames: &[Arc<LogHead>],
    kept_for: Option<Duration>,
    may_merge: impl Fn(&LogHead) -> bool,
) -> Option<Vec<Arc<LogHead>>> {
    let mut lower = 0;
    TIERS.into_iter().find_map(|Tier { below, enough }| {
        let tier = lower..below;
        lower = below;
        let is_of_tier =
            |head: &&Arc<LogHead>| tier.contains(&head.info.raw_length()) && may_merge(head);
        let mut run: Vec<_> = frames.iter().filter(is_of_tier).cloned().collect();
        run.sort_by_key(|head| head.age());
        runs(run, kept_for).find(|run| run.len() >= enough)
    })
}

/// Splits frames, oldest first, into those that may be put together.
fn runs(
    frames: Vec<Arc<LogHead>>,
    kept_for: Option<Duration>,
) -> impl Iterator<Item = Vec<Arc<LogHead>>> {
    let mut frames = frames.into_iter().peekable();
    std::iter::from_fn(move || {
        let first = frames.next()?;
        let until = kept_for.map_or(UnixNanos::MAX, |kept| first.age().after(kept / 8));
        let mut raw = first.info.raw_length();
        let mut run = vec![first];
        while let Some(next) =
            frames.next_if(|head| run.len() < MAX_RUN && raw < MAX_RAW && head.age() <= until)
        {
            raw += next.info.raw_length();
            run.push(next);
        }
        Some(run)
    })
}

/// The frames whose latest record is as old as that.
pub(crate) fn oldest(frames: &[Arc<LogHead>], until: UnixNanos) -> Vec<i64> {
    let old = frames.iter().filter(|head| head.age() <= until);
    old.map(|head| head.id).collect()
}
