//! How long and how much is kept, and which traces go next.

use std::time::Duration;

use super::catalog::Catalog;
use crate::model::UnixNanos;

/// How long and how much is kept. A trace is as old as the start of its latest span, or as long as it
/// has been here, whichever is longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Traces older than this go; none do by age if it is `None`.
    pub age: Option<Duration>,
    /// When the store takes about so many bytes, the oldest traces go; none do if it is `None`.
    pub bytes: Option<u64>,
}

/// How many bytes go in one step: what a writer can delete without anybody noticing.
pub(super) const STEP: u64 = 16 << 20;

/// The shortest and the longest time between two looks at the age of traces.
const LOOKS: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(1)];

impl Retention {
    /// How often to look for traces that have become too old.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.age.map(|age| (age / 64).clamp(LOOKS[0], LOOKS[1]))
    }

    /// The time up to which traces are too old.
    pub(super) fn too_old(&self, now: UnixNanos) -> Option<UnixNanos> {
        self.age.map(|age| now.before(age))
    }

    /// By how many bytes a store that takes `used` bytes is too large; 0 while it is not.
    ///
    /// There is always room for the log, for what arrives until the next look, and for the copy that a
    /// merge makes; and so much goes at once that it need not go on all the time.
    pub(super) fn excess(&self, used: u64) -> u64 {
        let Some(max) = self.bytes else {
            return 0;
        };
        let full = max - (max / 4).min(128 << 20);
        let goal = full - (max / 16).min(64 << 20);
        if used > full { used - goal } else { 0 }
    }
}

/// The time up to which the spans and log records lie that take so many of the store's `used` bytes.
pub(super) fn oldest(catalog: &Catalog, used: u64, bytes: u64) -> UnixNanos {
    let spans = catalog.blocks.iter().flat_map(|head| {
        let frames = head.frames.iter();
        frames.map(|frame| (head.age_of(frame.last), frame.size()))
    });
    let logs = catalog.logs.iter().map(|head| (head.age(), head.size()));
    let mut frames: Vec<_> = spans.chain(logs).collect();
    frames.sort_unstable();
    // The size of a frame is an estimate.
    let wanted = u128::from(bytes) * u128::from(catalog.size()) / u128::from(used.max(1));
    let mut sum = 0;
    let reached = frames.into_iter().find(|(_, size)| {
        sum += u128::from(*size);
        sum >= wanted
    });
    reached.map_or(UnixNanos::MAX, |(last, _)| last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_store_is_brought_well_below_its_bound() {
        let mib = |mib: u64| mib << 20;
        let retention = |max| Retention {
            age: None,
            bytes: Some(mib(max)),
        };
        assert_eq!(retention(64).excess(mib(48)), 0);
        assert_eq!(retention(64).excess(mib(49)), mib(5));
        assert_eq!(retention(10_240).excess(mib(10_112)), 0);
        assert_eq!(retention(10_240).excess(mib(10_113)), mib(65));
        assert_eq!(Retention::default().excess(u64::MAX), 0);
    }
}
