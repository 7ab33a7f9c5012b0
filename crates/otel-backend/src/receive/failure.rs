//! The last error of the store when storing spans.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::store::AppendError;

/// The reason why the store did not accept spans, kept until it accepts some again.
#[derive(Debug, Default)]
pub struct LastFailure {
    failed: AtomicBool,
    last: Mutex<Option<(Instant, String)>>,
}

/// The time after which a failure is forgotten, because nothing has been sent since.
const MEMORY: Duration = Duration::from_mins(1);

impl LastFailure {
    /// The last failure, if it happened within a minute and no spans have been stored since.
    pub fn get(&self) -> Option<String> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (when, reason) = last.as_ref()?;
        (when.elapsed() < MEMORY).then(|| reason.clone())
    }

    pub(super) fn note(&self, result: &Result<(), AppendError>) {
        let failure = match result {
            // A store that is closing has not failed.
            Ok(()) | Err(AppendError::Closed) => None,
            Err(reason @ (AppendError::Full | AppendError::Gone(_) | AppendError::Write(_))) => {
                Some(reason)
            }
        };
        // The usual case: no failure, neither now nor before.
        if failure.is_none() && !self.failed.load(Ordering::Relaxed) {
            return;
        }
        self.failed.store(failure.is_some(), Ordering::Relaxed);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = failure.map(|reason| (Instant::now(), reason.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_remembered_until_something_is_stored() {
        let failure = LastFailure::default();
        failure.note(&Err(AppendError::Closed));
        assert_eq!(failure.get(), None);
        failure.note(&Err(AppendError::Write("no".to_owned())));
        assert_eq!(failure.get().unwrap(), "the store cannot write: no");
        failure.note(&Ok(()));
        assert_eq!(failure.get(), None);
    }
}
