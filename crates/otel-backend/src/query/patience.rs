//! The time limit of a search.

use std::fmt;
use std::time::{Duration, Instant};

use crate::store::ReadError;

/// The time limit. Most searches take milliseconds; one that no index supports reads every span.
const LIMIT: Duration = Duration::from_secs(30);

/// The reason why a search has no result.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The search took too long, or the client has gone.
    #[error(
        "the search was given up after {} s: narrow its window, or name a service or a tag with its whole value",
        LIMIT.as_secs()
    )]
    TooLong,
}

/// The limit of a search: it ends when its time is over or its client has gone.
pub struct Patience {
    until: Instant,
    is_gone: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Patience {
    /// Makes a limit that starts now; `is_gone` tells if the client has gone.
    pub fn new(is_gone: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self {
            until: Instant::now() + LIMIT,
            is_gone: Box::new(is_gone),
        }
    }

    /// Fails if the limit is reached.
    ///
    /// # Errors
    /// [`SearchError::TooLong`] in that case.
    pub fn check(&self) -> Result<(), SearchError> {
        if (self.is_gone)() || Instant::now() >= self.until {
            return Err(SearchError::TooLong);
        }
        Ok(())
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = &self.until;
        f.debug_struct("Patience")
            .field("until", until)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_ends_when_nobody_waits_for_it_or_its_time_is_over() {
        let mut patience = Patience::new(|| false);
        assert!(patience.check().is_ok());
        patience.until = Instant::now();
        assert!(patience.check().is_err());
        let patience = Patience::new(|| true);
        let error = patience.check().unwrap_err().to_string();
        assert!(error.starts_with("the search was given up after 30 s: "));
    }
}
