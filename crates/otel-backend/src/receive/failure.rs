//! Whether the store took what it was given last.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::store::AppendError;

/// Why the store did not take spans, until it takes some again.
#[derive(Debug, Default)]
pub struct LastFailure {
    failed: AtomicBool,
    last: Mutex<Option<(Instant, String)>>,
}

/// A failure that is older says nothing: nobody has sent anything since.
const MEMORY: Duration = Duration::from_mins(1);

impl LastFailure {
    /// What went wrong last, within a minute and with nothing having gone well since.
    pub fn get(&self) -> Option<String> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (when, reason) = last.as_ref()?;
        (when.elapsed() < MEMORY).then(|| reason.clone())
    }

    pub(super) fn note(&self, result: &Result<(), AppendError>) {
        let failure = match result {
            // Nothing is wrong with a store that is asked for too much, or told to end.
            Ok(()) | Err(AppendError::Busy | AppendError::Closed) => None,
            Err(reason @ (AppendError::Full | AppendError::Gone(_) | AppendError::Write(_))) => {
                Some(reason)
            }
        };
        // Nearly always there is no failure and was none before.
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
        failure.note(&Err(AppendError::Busy));
        assert_eq!(failure.get(), None);
        failure.note(&Err(AppendError::Write("no".to_owned())));
        assert_eq!(failure.get().unwrap(), "the store cannot write: no");
        failure.note(&Ok(()));
        assert_eq!(failure.get(), None);
    }
}
