//! The memory budget for all traces in answers.
//!
//! Requests are limited when they are received, but an answer combines many requests, so it is
//! weighed again before it is decoded: the bytes of a trace, an entry for each of its spans, and
//! its largest span and its resources in decoded form.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::turn::{held_by_answer, wait_aside};
use super::waiting::cut_off_slowest;
use crate::store::ReadError;

/// The budget for all traces together, in bytes.
const TOTAL: usize = 144 << 20;

/// The part of it reserved for answers that take little, so that large ones never block them.
const FOR_SMALL: usize = 16 << 20;

/// The bytes taken at once for something that grows slowly.
const STEP: usize = 256 << 10;

/// The most that an answer takes in all and still counts as small: as much as an ordinary search.
pub(super) const SMALL: usize = 4 << 20;

/// The longest to wait for memory. Others have the turn meanwhile. Clients are cut off then that have
/// been waited for, one after the other: what they hold must not keep other answers from being made.
struct Wait {
    longest: Duration,
    /// The time after which a client is slow.
    slow: Duration,
}

const FOR_MUCH: Wait = Wait {
    longest: Duration::from_millis(100),
    slow: Duration::from_secs(1),
};

/// Ordinary questions need little.
const FOR_LITTLE: Wait = Wait {
    longest: Duration::from_millis(500),
    slow: Duration::from_millis(250),
};

/// The time after which another client is cut off.
const CUT_OFF_EVERY: Duration = Duration::from_millis(20);

/// The budget of the process.
static MEMORY: Memory = Memory {
    used: Mutex::new(0),
    freed: Condvar::new(),
};

struct Memory {
    used: Mutex<usize>,
    freed: Condvar,
}

/// Bytes taken from the budget for the answer that this thread makes; they are returned when this is
/// dropped.
#[derive(Debug)]
pub struct Held {
    bytes: usize,
    /// Those that the answer has taken in all.
    by_answer: Arc<AtomicUsize>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            bytes: 0,
            by_answer: held_by_answer(),
        }
    }
}

impl Held {
    /// The bytes that all answers hold.
    pub fn all() -> usize {
        *MEMORY.lock()
    }

    /// The bytes that something large can take beside all that its answer holds.
    pub(super) fn left_beside(&self) -> usize {
        (TOTAL - FOR_SMALL).saturating_sub(self.by_answer.load(Relaxed))
    }

    /// Takes more bytes, until so many are held. Waits a moment if there are not enough.
    ///
    /// # Errors
    /// [`ReadError::Busy`] if fewer bytes are left; those held before stay held. The turn of the answer
    /// has gone then, so the answer must end.
    pub fn grow(&mut self, bytes: usize) -> Result<(), ReadError> {
        let (more, total) = self.more(bytes);
        if more > 0 && !take(&mut MEMORY.lock(), more, total) {
            let is_small = total == TOTAL;
            let wait = if is_small { FOR_LITTLE } else { FOR_MUCH };
            wait_aside(|| MEMORY.wait_for(more, total, &wait))?;
        }
        self.add(more);
        Ok(())
    }

    /// Like [`Self::grow`], without waiting; returns false if fewer bytes are left.
    pub(super) fn try_grow(&mut self, bytes: usize) -> bool {
        let (more, total) = self.more(bytes);
        let fits = more == 0 || take(&mut MEMORY.lock(), more, total);
        if fits {
            self.add(more);
        }
        fits
    }

    /// How many bytes are to be taken until so many are held, and from what total. A request for more than
    /// the whole budget gets nearly all of it, alone: something small fits beside it.
    fn more(&self, bytes: usize) -> (usize, usize) {
        let more = bytes.saturating_sub(self.bytes);
        if self.by_answer.load(Relaxed).saturating_add(more) <= SMALL {
            return (more, TOTAL);
        }
        let total = TOTAL - FOR_SMALL;
        (bytes.min(total - SMALL).saturating_sub(self.bytes), total)
    }

    fn add(&mut self, more: usize) {
        self.bytes += more;
        self.by_answer.fetch_add(more, Relaxed);
    }

    /// Takes or returns bytes, until at least so many are held, and more only if they are few.
    ///
    /// # Errors
    /// [`ReadError::Busy`] as for [`Self::grow`].
    pub(super) fn fit(&mut self, bytes: usize) -> Result<(), ReadError> {
        if self.bytes > bytes.max(SMALL) {
            *self = Self::default();
        }
        self.grow(bytes)
    }

    /// Gives away so many of the bytes, or all.
    pub(super) fn split_off(&mut self, bytes: usize) -> Self {
        let part = self.bytes.min(bytes);
        self.bytes -= part;
        Self {
            bytes: part,
            by_answer: Arc::clone(&self.by_answer),
        }
    }

    /// Like [`Self::grow`], for something that grows slowly, to at most so many bytes.
    pub(super) fn grow_by_steps(&mut self, bytes: usize, most: usize) -> Result<(), ReadError> {
        if bytes > self.bytes {
            return self.grow((bytes + STEP).min(most));
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.by_answer.fetch_sub(self.bytes, Relaxed);
            *MEMORY.lock() -= self.bytes;
            MEMORY.freed.notify_all();
        }
    }
}

impl Memory {
    /// A holder never panics.
    fn lock(&self) -> MutexGuard<'_, usize> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes bytes as soon as there are enough.
    fn wait_for(&self, bytes: usize, total: usize, wait: &Wait) -> Result<(), ReadError> {
        let until = Instant::now() + wait.longest;
        let mut next_cut_off = Instant::now();
        let mut used = self.lock();
        while !take(&mut used, bytes, total) {
            let now = Instant::now();
            let left = until.saturating_duration_since(now);
            if left.is_zero() {
                return Err(ReadError::Busy);
            }
            // What others return ends the waiting, too.
            if now >= next_cut_off {
                cut_off_slowest(wait.slow, |_| true);
                next_cut_off = now + CUT_OFF_EVERY;
            }
            let waited = self.freed.wait_timeout(used, left.min(CUT_OFF_EVERY));
            used = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }
}

/// Takes bytes if so many of the total are free.
fn take(used: &mut usize, bytes: usize, total: usize) -> bool {
    let fits = *used + bytes <= total;
    *used += if fits { bytes } else { 0 };
    fits
}

#[cfg(test)]
mod tests {
    use super::super::turn::{OwnTurn, Turn};
    use super::super::waiting::{Recipient, Waiting};
    use super::*;

    /// Counts how often the turn was left and resumed.
    #[derive(Debug, Default)]
    struct Counted(Mutex<(u32, u32)>);

    impl Turn for Counted {
        fn leave(&self) {
            self.0.lock().unwrap().0 += 1;
        }

        fn resume(&self) {
            self.0.lock().unwrap().1 += 1;
        }
    }

    #[test]
    fn large_traces_wait_for_one_another_without_their_turn_and_leave_room_for_small_ones() {
        let mut large = Held::default();
        assert_eq!(large.left_beside(), TOTAL - FOR_SMALL);
        large.grow(TOTAL).unwrap();
        assert_eq!(large.left_beside(), SMALL);
        // It is not asked for more than it got.
        large.grow(TOTAL + 1).unwrap();
        let mut beside = Held::default();
        beside.grow(SMALL).unwrap();
        let turn = Arc::new(Counted::default());
        let own = OwnTurn::begin(Arc::<Counted>::clone(&turn));
        let mut other = Held::default();
        assert!(matches!(other.grow(SMALL + 1), Err(ReadError::Busy)));
        assert_eq!(*turn.0.lock().unwrap(), (1, 0));
        // What an answer takes is added up.
        other.grow(SMALL).unwrap();
        assert!(!Held::default().try_grow(1));
        assert!(matches!(Held::default().grow(1), Err(ReadError::Busy)));
        drop((own, other));
        let mut small = Held::default();
        small.grow(SMALL).unwrap();
        let waiting = std::thread::spawn(|| {
            let turn = Arc::new(Counted::default());
            let _own = OwnTurn::begin(Arc::<Counted>::clone(&turn));
            Held::default().grow(SMALL + 1).unwrap();
            let (left, resumed) = *turn.0.lock().unwrap();
            assert_eq!(left, resumed);
        });
        drop((large, beside));
        waiting.join().unwrap();
        drop(small);
        slow_clients_leave_what_they_hold_to_large_traces();
    }

    /// Part of the test above, since there is one budget.
    fn slow_clients_leave_what_they_hold_to_large_traces() {
        let mut held = Held::default();
        held.grow(TOTAL).unwrap();
        let address = std::net::Ipv4Addr::new(192, 0, 2, 17).into();
        let client = Waiting::begin(Recipient {
            address,
            connection: 0,
        });
        let slow = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.unwrap().block_on(client.cut_off());
            drop(held);
        });
        let tries = 100;
        let large = (0..tries).any(|_| Held::default().grow(SMALL + 1).is_ok());
        assert!(large);
        slow.join().unwrap();
    }
}
