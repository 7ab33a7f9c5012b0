//! The time by which traces become too old: this machine's clock, unless it has just jumped ahead.
//!
//! A clock that is wrong at the start of a machine, or is set a year ahead by hand, would otherwise
//! have everything removed at once that was meant to be kept for days.

use std::time::{Duration, Instant};

use crate::model::UnixNanos;

/// A clock that believes in a jump only when it has lasted.
#[derive(Debug)]
pub(super) struct Clock {
    /// The time that was believed last, and when that was.
    believed: (UnixNanos, Instant),
    /// Since when the machine's clock is ahead of that.
    ahead_since: Option<Instant>,
}

/// What a clock may be ahead without being doubted: a night in which no process ran.
const PLAUSIBLE: Duration = Duration::from_hours(24);

/// How long a clock must stay ahead to be believed.
const LASTING: Duration = Duration::from_hours(1);

impl Clock {
    /// A clock that knows that it is at least `known`, such as when the last span came.
    pub(super) fn new(known: UnixNanos) -> Self {
        Self {
            believed: (known, Instant::now()),
            ahead_since: None,
        }
    }

    /// The time.
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
        // A night without a process is nothing special.
        assert_eq!(at(time.after(DAY), 0), time.after(DAY));
        assert_eq!(at(year(0), 0), time.after(DAY));
        assert_eq!(at(year(0), 0), time.after(DAY));
        // It was wrong, and is right again: what is ahead next is doubted anew.
        assert_eq!(at(time.after(DAY), 1), time.after(DAY));
        assert_eq!(at(year(1), 1), time.after(DAY));
        assert_eq!(at(year(2), 2), year(2));
        // A clock that goes back is believed: nothing becomes too old by it.
        assert_eq!(at(time, 3), time);
    }
}
