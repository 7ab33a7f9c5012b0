//! Retries of failed requests.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// The first pause; each of the next ones is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause that the backend has not asked for.
const LONGEST_PAUSE: Duration = Duration::from_millis(1600);
/// The longest time to keep trying to reach a backend. It covers a restart, and does not hold up
/// the end of a program for the whole timeout when no backend runs.
const PATIENCE: Duration = Duration::from_secs(1);

/// The advice of a failed request about a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// A retry would fail in the same way.
    Never,
    /// The backend cannot be reached; it may be restarting.
    Soon,
    /// The backend cannot take the spans now.
    Later,
    /// The backend said when to retry.
    After(Duration),
}

/// The course of one export: its deadline, and the pauses between its requests.
#[derive(Debug)]
pub(crate) struct Course {
    started: Instant,
    timeout: Duration,
    repetitions: u32,
}

impl Course {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self {
            started: Instant::now(),
            timeout,
            repetitions: 0,
        }
    }

    /// The time that the export has left.
    pub(crate) fn remaining(&self) -> Duration {
        self.timeout.saturating_sub(self.started.elapsed())
    }

    /// The number of retries so far.
    pub(crate) fn repetitions(&self) -> u32 {
        self.repetitions
    }

    /// The pause before the next retry; `None` if the export has failed.
    pub(crate) fn pause(&mut self, retry: Retry) -> Option<Duration> {
        let pause = pause(
            retry,
            self.repetitions,
            self.started.elapsed(),
            self.timeout,
            jitter(),
        )?;
        self.repetitions += 1;
        Some(pause)
    }
}

/// The pause after `elapsed` and so many retries, if it leaves time for another request.
fn pause(
    retry: Retry,
    repetitions: u32,
    elapsed: Duration,
    timeout: Duration,
    jitter: f64,
) -> Option<Duration> {
    let (pause, limit) = match retry {
        Retry::Never => return None,
        Retry::Soon => (backoff(repetitions, jitter), timeout.min(PATIENCE)),
        Retry::Later => (backoff(repetitions, jitter), timeout),
        Retry::After(pause) => (pause.max(backoff(repetitions, jitter)), timeout),
    };
    (elapsed.saturating_add(pause) < limit).then_some(pause)
}

/// Between half of the step and all of it, so that the clients of one backend spread out.
fn backoff(repetitions: u32, jitter: f64) -> Duration {
    let step = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(repetitions));
    step.min(LONGEST_PAUSE).mul_f64(0.5 + jitter / 2.0)
}

/// A number from 0 to 1. Each [`RandomState`] hashes differently, which is random enough here.
fn jitter() -> f64 {
    f64::from(u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or(0))
        / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    /// The pauses of an export whose requests fail at once, and the time at which it gives up.
    fn course(retry: Retry, jitter: f64) -> (Vec<u128>, Duration) {
        let mut elapsed = Duration::ZERO;
        let mut pauses = Vec::new();
        for repetitions in 0.. {
            let Some(next) = pause(retry, repetitions, elapsed, TIMEOUT, jitter) else {
                break;
            };
            elapsed += next;
            pauses.push(next.as_millis());
        }
        (pauses, elapsed)
    }

    #[test]
    fn a_hopeless_request_is_not_repeated() {
        assert_eq!(course(Retry::Never, 0.5).0, []);
    }

    #[test]
    fn an_absent_backend_is_given_a_second() {
        assert_eq!(course(Retry::Soon, 1.0).0, [100, 200, 400]);
        assert_eq!(course(Retry::Soon, 0.0).0, [50, 100, 200, 400]);
    }

    #[test]
    fn a_busy_backend_is_given_the_whole_timeout() {
        let (pauses, elapsed) = course(Retry::Later, 1.0);
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 1600, 1600, 1600, 1600]);
        assert!(elapsed < TIMEOUT);
    }

    #[test]
    fn the_backend_says_when() {
        let seconds = |n| Retry::After(Duration::from_secs(n));
        assert_eq!(course(seconds(4), 0.5).0, [4000, 4000]);
        assert_eq!(course(seconds(10), 0.5).0, []);
        assert_eq!(course(seconds(u64::MAX), 0.5).0, []);
        assert_eq!(course(seconds(0), 1.0).0[..3], [100, 200, 400]);
    }

    #[test]
    fn jitter_is_a_fraction() {
        for _ in 0..1000 {
            assert!((0.0..=1.0).contains(&jitter()));
        }
    }
}
