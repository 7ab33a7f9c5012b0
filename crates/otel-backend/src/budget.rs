//! Bytes that may be in memory at the same time: of all requests over all protocols, or of what waits to be
//! forwarded.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A share of more bytes is large.
const SMALL: usize = 1 << 20;

/// The most bytes that large shares leave to small ones, and the part of a budget if that is less.
const FOR_SMALL: usize = 16 << 20;
const PART_FOR_SMALL: usize = 8;

/// Bytes for everything of one kind; clones share them.
///
/// A request that does not fit is refused at once. The sender of a request can retry, while a
/// request that waits holds memory.
#[derive(Debug, Clone)]
pub struct Budget {
    left: Arc<Semaphore>,
    total: usize,
}

/// Bytes that were taken out of a [`Budget`]; they return to it when this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    budget: Budget,
    permit: Option<OwnedSemaphorePermit>,
}

/// The error that the budget is exhausted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much is being received: {0} bytes of requests are under way")]
pub(crate) struct Exhausted(usize);

impl Budget {
    /// Makes a budget of so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self {
            left: Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))),
            total: bytes,
        }
    }

    /// An empty share, to be added to.
    pub(crate) fn hold(&self) -> Held {
        Held {
            budget: self.clone(),
            permit: None,
        }
    }

    /// The number of bytes taken.
    pub fn used(&self) -> usize {
        self.total.saturating_sub(self.left.available_permits())
    }
}

impl Held {
    /// Returns the bytes.
    pub(crate) fn release(&mut self) {
        self.permit = None;
    }

    /// Takes or returns bytes, until so many are held.
    ///
    /// # Errors
    /// [`Exhausted`] as for [`Self::add`].
    pub(crate) fn fit(&mut self, bytes: usize) -> Result<(), Exhausted> {
        if let Some(less) = self.bytes().checked_sub(bytes) {
            let permit = self.permit.as_mut();
            drop(permit.and_then(|permit| permit.split(less)));
            return Ok(());
        }
        self.add(bytes - self.bytes())
    }

    /// The number of bytes that are held.
    fn bytes(&self) -> usize {
        let permit = self.permit.as_ref();
        permit.map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// Takes more bytes.
    ///
    /// # Errors
    /// [`Exhausted`] if there are not that many left; those held before stay held.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let exhausted = Exhausted(self.budget.total);
        let bytes = u32::try_from(bytes).map_err(|_| exhausted)?;
        let left = Arc::clone(&self.budget.left);
        if self.bytes() + bytes as usize > SMALL {
            let for_small = FOR_SMALL.min(self.budget.total / PART_FOR_SMALL);
            // What others take meanwhile makes hardly a difference.
            if left.available_permits() < bytes as usize + for_small {
                return Err(exhausted);
            }
        }
        let more = left.try_acquire_many_owned(bytes).map_err(|_| exhausted)?;
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_shares_leave_room_for_small_ones() {
        let budget = Budget::new(128 << 20);
        let (mut large, mut small) = (budget.hold(), budget.hold());
        large.add(112 << 20).unwrap();
        assert_eq!(large.add(1), Err(Exhausted(128 << 20)));
        small.add(SMALL).unwrap();
        assert_eq!(small.add(1), Err(Exhausted(128 << 20)));
    }

    #[test]
    fn what_does_not_fit_is_refused_until_there_is_room_again() {
        let budget = Budget::new(10);
        let (mut one, mut other) = (budget.hold(), budget.hold());
        one.add(4).unwrap();
        one.add(4).unwrap();
        assert_eq!(other.add(3), Err(Exhausted(10)));
        assert_eq!(budget.used(), 8);
        assert_eq!(one.fit(11), Err(Exhausted(10)));
        one.fit(7).unwrap();
        assert_eq!(budget.used(), 7);
        other.fit(3).unwrap();
        assert_eq!(one.fit(8), Err(Exhausted(10)));
        other.fit(0).unwrap();
        drop(one);
        assert_eq!(budget.used(), 0);
        other.add(10).unwrap();
    }
}
