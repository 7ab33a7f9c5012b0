//! The retention limits, and the choice of the traces to remove.

use std::time::Duration;

use super::catalog::Catalog;
use crate::model::UnixNanos;

/// The limits of age and size. The age of a trace is that of its latest span's start or of that
/// span's arrival, whichever is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Traces older than this are removed; `None` for no limit.
    pub age: Option<Duration>,
    /// The size in bytes from which the oldest traces are removed; `None` for no limit.
    pub bytes: Option<u64>,
}

/// The bytes removed in one step, few enough to be unnoticeable.
pub(super) const STEP: u64 = 16 << 20;

/// The shortest and the longest interval between checks of the age of traces.
const LOOKS: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(1)];

impl Retention {
    /// The interval between checks for traces that have become too old.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.age.map(|age| (age / 64).clamp(LOOKS[0], LOOKS[1]))
    }

    /// The time up to which traces are too old.
    pub(super) fn too_old(&self, now: UnixNanos) -> Option<UnixNanos> {
        self.age.map(|age| now.before(age))
    }

    /// The number of bytes by which a store of `used` bytes is too large; 0 if it is not.
    ///
    /// There must be space for the log, for arrivals until the next check, and for the copy made by
    /// a merge; and enough is removed at once that it need not go on all the time.
    pub(super) fn excess(&self, used: u64) -> u64 {
        let Some(max) = self.bytes else {
            return 0;
        };
        let full = max - (max / 4).min(128 << 20);
        let goal = full - (max / 16).min(64 << 20);
        if used > full { used - goal } else { 0 }
    }
}

/// The time up to which the oldest spans and log records take `bytes` of the store's `used` bytes.
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
