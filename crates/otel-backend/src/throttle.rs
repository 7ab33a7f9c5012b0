//! Limits how often the same message is logged.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lets one message pass in each [`Throttle::INTERVAL`], and counts the others.
#[derive(Debug, Default)]
pub struct Throttle {
    last: Mutex<Option<Instant>>,
    kept_back: AtomicU64,
}

impl Throttle {
    /// The time between two messages.
    pub const INTERVAL: Duration = Duration::from_secs(10);

    /// Makes a throttle that lets the first message pass.
    pub const fn new() -> Self {
        Self {
            last: Mutex::new(None),
            kept_back: AtomicU64::new(0),
        }
    }

    /// The number of messages suppressed since the last one, if one may pass now; else `None`.
    pub fn pass(&self) -> Option<u64> {
        self.pass_at(Instant::now())
    }

    fn pass_at(&self, now: Instant) -> Option<u64> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| now.duration_since(last) < Self::INTERVAL) {
            self.kept_back.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        *last = Some(now);
        Some(self.kept_back.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_passes_in_each_interval() {
        let throttle = Throttle::new();
        let start = Instant::now();
        assert_eq!(throttle.pass_at(start), Some(0));
        assert_eq!(throttle.pass_at(start), None);
        assert_eq!(throttle.pass_at(start + Duration::from_secs(1)), None);
        assert_eq!(throttle.pass_at(start + Throttle::INTERVAL), Some(2));
    }
}
