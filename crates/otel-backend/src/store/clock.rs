//! The clock for the age of traces: this machine's, unless it has just jumped ahead.
//!
//! Otherwise a clock that is wrong when the machine starts, or set a year ahead by mistake, would
//! cause the immediate removal of everything that was to be kept for days.

use std::time::{Duration, Instant};

use crate::model::UnixNanos;

/// A clock that trusts a jump only after it has lasted for some time.
#[derive(Debug)]
pub(super) struct Clock {
    /// The last trusted time, and when it was read.
    believed: (UnixNanos, Instant),
    /// The moment since which the machine's clock has been ahead of it.
    ahead_since: Option<Instant>,
}

/// The largest jump that is trusted at once: a night without a running process.
const PLAUSIBLE: Duration = Duration::from_hours(24);

/// The time for which a clock must stay ahead to be trusted.
const LASTING: Duration = Duration::from_hours(1);

impl Clock {
    /// Makes a clock that is at least at `known`, for instance the time of the last span.
    pub(super) fn new(known: UnixNanos) -> Self {
        Self {
            believed: (known, Instant::now()),
            ahead_since: None,
        }
    }

    /// The trusted time.
    pub(super) fn now(&mut self) -> UnixNanos {
        self.at(UnixNanos::now(), Instant::now())
    }

    fn at(&mut self, system: UnixNanos, now: Instant) -> UnixNanos {
        let (time, then) = self.believed;
        let expected = time.after(now.saturating_duration_since(then));
        let is_plausible = system <= expected.after(PLAUSIBLE);
        if !is_plausible && !self.lasts(system.since(expected), now) {
            return expected;
        }
        self.ahead_since = None;
        self.believed = (system, now);
        system
    }

    fn lasts(&mut self, ahead: Duration, now: Instant) -> bool {
        let since = *self.ahead_since.get_or_insert_with(|| {
            tracing::warn!(
                "the clock is {} days ahead of what came last: until it has been so for an hour, no trace is removed for its age",
                ahead.as_secs() / (24 * 60 * 60)
            );
            now
        });
        now.saturating_duration_since(since) >= LASTING
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn a_jump_ahead_is_believed_when_it_has_lasted() {
        let (start, time) = (Instant::now(), UnixNanos(1_000_000_000));
        let mut clock = Clock::new(time);
        clock.believed.1 = start;
        let mut at =
            |system: UnixNanos, hours| clock.at(system, start + Duration::from_hours(hours));
        let year = |hours| time.after(365 * DAY).after(Duration::from_hours(hours));
        // A night without a process is not suspicious.
        assert_eq!(at(time.after(DAY), 0), time.after(DAY));
        assert_eq!(at(year(0), 0), time.after(DAY));
        assert_eq!(at(year(0), 0), time.after(DAY));
        // The clock was wrong and has been corrected, so the next jump is not trusted at once.
        assert_eq!(at(time.after(DAY), 1), time.after(DAY));
        assert_eq!(at(year(1), 1), time.after(DAY));
        assert_eq!(at(year(2), 2), year(2));
        // A clock that goes back is trusted: that makes nothing too old.
        assert_eq!(at(time, 3), time);
    }
}
