//! Why a request was refused, for all receivers; each says it in its own protocol's way.

use std::time::Duration;

use http::StatusCode;

use super::body::BodyError;
use super::budget::Exhausted;
use crate::format::weight::TooManyElements;
use crate::store::AppendError;

/// Why nothing of a request was stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// Its bytes could not be had.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// They are not what they should be.
    #[error("{0}")]
    Malformed(String),
    /// There is too much in them.
    #[error("the request has more than {limit} {what}: send fewer at once")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are allowed.
        limit: usize,
    },
    /// Too much is under way.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The store did not take the spans.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// After what time a sender should try again.
pub(super) const RETRY: Duration = Duration::from_secs(1);

impl Refusal {
    /// Refuses what a decoder refused.
    pub(super) fn malformed(reason: impl std::fmt::Display) -> Self {
        Self::Malformed(reason.to_string())
    }

    /// The HTTP status that says so.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Body(reason) => reason.status(),
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooMany { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Exhausted(_) | Self::Append(AppendError::Busy) => StatusCode::TOO_MANY_REQUESTS,
            Self::Append(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether the same request may be taken later.
    pub(super) fn is_temporary(&self) -> bool {
        matches!(
            self.status(),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        )
    }

    /// A word for it in the metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Body(reason) => reason.reason(),
            Self::Malformed(_) => "malformed",
            Self::TooMany { .. } => "too_large",
            Self::Exhausted(_) | Self::Append(AppendError::Busy) => "busy",
            Self::Append(_) => "store",
        }
    }
}

impl From<TooManyElements> for Refusal {
    fn from(TooManyElements(limit): TooManyElements) -> Self {
        Self::TooMany {
            what: "attributes, events, links and values",
            limit,
        }
    }
}
