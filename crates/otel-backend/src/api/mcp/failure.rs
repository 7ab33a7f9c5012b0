//! The reason why a tool has no answer.

use std::fmt;

use crate::format::otlp::Malformed;
use crate::query::SearchError;
use crate::store::ReadError;

/// The reason why a tool has no answer and what to do, in words for an agent.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Failure(String);

impl Failure {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    fn internal(error: &(impl fmt::Display + ?Sized)) -> Self {
        tracing::error!(%error, "a tool failed");
        Self(format!("otel-backend could not answer: {error}"))
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Busy => Self(format!("{error}: ask again in a moment")),
            _ => Self::internal(&error),
        }
    }
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Read(error) => error.into(),
            SearchError::TooLong => Self(error.to_string()),
        }
    }
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Self {
        Self::internal(&error)
    }
}
