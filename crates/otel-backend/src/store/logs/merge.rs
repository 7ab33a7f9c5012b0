//! Chooses log frames to merge, and the oldest ones.

use std::sync::Arc;
use std::time::Duration;

use super::build::LARGE;
use crate::model::UnixNanos;
use crate::store::log_frame::LogHead;

/// Frames of similar size.
struct Tier {
    /// The upper limit of their size before compression, in bytes.
    below: u64,
    /// The number of frames that makes a merge worthwhile.
    enough: usize,
}

const TIERS: [Tier; 2] = [
    Tier {
        below: 64 << 10,
        enough: 8,
    },
    Tier {
        below: LARGE as u64,
        enough: 4,
    },
];

/// The most frames merged at once.
const MAX_RUN: usize = 64;

/// The most bytes before compression merged at once; several frames' worth.
const MAX_RAW: u64 = 8 << 20;

/// The frames to merge, oldest first, if there are enough of one size.
///
/// A frame is removed as a whole, so none may span more than an eighth of the retention time.
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

/// Splits frames, oldest first, into runs that may be merged.
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

/// The frames whose latest record is at least that old.
pub(crate) fn oldest(frames: &[Arc<LogHead>], until: UnixNanos) -> Vec<i64> {
    let old = frames.iter().filter(|head| head.age() <= until);
    old.map(|head| head.id).collect()
}
