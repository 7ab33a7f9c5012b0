//! How long a search may go on.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::store::ReadError;

/// How long a search may take. Most take milliseconds; one that no index helps reads every span.
const LIMIT: Duration = Duration::from_secs(30);

/// Why a search has no result.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It took too long, or nobody waits for it any more.
    #[error(
        "the search was given up after {} s: narrow its window, or name a service or a tag with its whole value",
        LIMIT.as_secs()
    )]
    TooLong,
}

/// Held by who waits for a search: without it the search ends.
pub(super) struct Asker(Arc<()>);

/// Knows when a search must end.
pub(super) struct Patience {
    until: Instant,
    asker: Weak<()>,
}

impl Asker {
    /// Begins to wait.
    pub(super) fn new() -> Self {
        Self(Arc::new(()))
    }

    /// The patience of this asker, from now on.
    pub(super) fn patience(&self) -> Patience {
        Patience {
            until: Instant::now() + LIMIT,
            asker: Arc::downgrade(&self.0),
        }
    }
}

impl Patience {
    /// Refuses to go on when it is over.
    pub(super) fn check(&self) -> Result<(), SearchError> {
        if self.asker.strong_count() == 0 || Instant::now() >= self.until {
            return Err(SearchError::TooLong);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ends_when_nobody_waits_for_it_or_its_time_is_over() {
        let asker = Asker::new();
        let mut patience = asker.patience();
        assert!(patience.check().is_ok());
        patience.until = Instant::now();
        assert!(patience.check().is_err());
        let patience = asker.patience();
        drop(asker);
        let error = patience.check().unwrap_err().to_string();
        assert!(error.starts_with("the search was given up after 30 s: "));
    }
}
