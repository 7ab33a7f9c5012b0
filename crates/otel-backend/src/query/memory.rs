//! One budget of memory for all traces that are being answered.
//!
//! What a request may bring is bounded when it comes; what comes back is made of many requests, and is
//! weighed again before it is decoded: the bytes of a trace, an entry for each of its spans, and what its
//! largest span and its resources take when they are decoded.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::store::ReadError;

/// Bytes for all traces together.
const TOTAL: usize = 192 << 20;

/// Bytes of that for small traces alone, so that large ones never keep them waiting.
const FOR_SMALL: usize = 16 << 20;

/// What is taken at once of what grows a little at a time.
const STEP: usize = 256 << 10;

/// What takes no more is small.
const SMALL: usize = 2 << 20;

/// How long to wait for others to end: whoever waits keeps one of the few answers that are worked on.
const PATIENCE: Duration = Duration::from_millis(100);

/// The budget of the process.
static MEMORY: Memory = Memory {
    used: Mutex::new(0),
    freed: Condvar::new(),
};

struct Memory {
    used: Mutex<usize>,
    freed: Condvar,
}

/// Bytes that were taken out of the budget; they return to it when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Held(usize);

impl Held {
    /// Takes more bytes, until so many are held. Waits a moment if there are not enough.
    ///
    /// # Errors
    /// [`ReadError::Busy`] if there are not that many left; those held before stay held.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), ReadError> {
        let total = if bytes <= SMALL {
            TOTAL
        } else {
            TOTAL - FOR_SMALL
        };
        // What needs more than there is has all of it, alone.
        let bytes = bytes.min(total);
        let Some(more) = bytes.checked_sub(self.0) else {
            return Ok(());
        };
        let until = Instant::now() + PATIENCE;
        let mut used = MEMORY.lock();
        while *used + more > total {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ReadError::Busy);
            }
            let waited = MEMORY.freed.wait_timeout(used, left);
            used = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *used += more;
        self.0 = bytes;
        Ok(())
    }

    /// As [`Self::grow`], for what grows a little at a time.
    pub(super) fn grow_by_steps(&mut self, bytes: usize) -> Result<(), ReadError> {
        if bytes > self.0 {
            return self.grow(bytes + STEP);
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.0 > 0 {
            *MEMORY.lock() -= self.0;
            MEMORY.freed.notify_all();
        }
    }
}

impl Memory {
    /// No holder panics.
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_traces_wait_for_one_another_and_leave_room_for_small_ones() {
        let mut large = Held::default();
        large.grow(TOTAL - FOR_SMALL).unwrap();
        let mut other = Held::default();
        assert!(matches!(other.grow(SMALL + 1), Err(ReadError::Busy)));
        let mut small = Held::default();
        small.grow(SMALL).unwrap();
        let waiting = std::thread::spawn(move || other.grow(SMALL + 1));
        drop(large);
        waiting.join().unwrap().unwrap();
    }
}
