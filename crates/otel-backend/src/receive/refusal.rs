//! The refusal of a request, and its answer over HTTP and gRPC.

use std::time::Duration;

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::budget::Exhausted;
use crate::format::weight::TooManyElements;
use crate::forward::Loop;
use crate::store::AppendError;

/// The reason why nothing of a request was stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The body could not be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The body is not in its format.
    #[error("{0}")]
    Malformed(String),
    /// The body holds too many items.
    #[error("the request has more than {limit} {what}: send fewer at once")]
    TooMany {
        /// The name of the items.
        what: &'static str,
        /// The number that is allowed.
        limit: usize,
    },
    /// Other requests use the whole budget.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The store did not accept the spans.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The receiver does not accept the content type.
    #[error("{0}")]
    ContentType(String),
    /// None of the spans is valid, and the protocol can report that only as an error.
    #[error("no span was taken: {0}")]
    NoneValid(String),
    /// The request goes round in a circle.
    #[error(transparent)]
    Loop(#[from] Loop),
    /// A thread that worked on the request panicked.
    #[error("the request could not be read because of a defect in otel-backend: its log has more")]
    Panicked,
}

/// The reason why a body was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// The body is too large as sent.
    #[error("request body is larger than {0} bytes")]
    TooLarge(usize),
    /// The body is too large after decompression.
    #[error("request body is larger than {0} bytes when decompressed")]
    TooLargeInside(usize),
    /// The body was not complete in time.
    #[error("request body was not complete after {} s", .0.as_secs())]
    TooSlow(Duration),
    /// The connection broke before the body was complete.
    #[error("request body cannot be read: {0}")]
    Broken(axum::Error),
    /// The compression is not supported.
    #[error("content encoding '{0}' is not supported: use gzip, zstd, deflate or none")]
    Encoding(String),
    /// The body cannot be decompressed.
    #[error("request body cannot be decompressed: {0}")]
    Decompress(std::io::Error),
}

/// The reason why a request or some of its spans were refused; it accompanies the answer, for the
/// log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The reason in words.
    pub message: String,
    /// True if the refusal has been counted in the metrics.
    pub counted: bool,
}

/// The time after which a sender should retry.
const RETRY: Duration = Duration::from_secs(1);

impl Refusal {
    /// The refusal of a body that cannot be decoded.
    pub(super) fn malformed(reason: impl std::fmt::Display) -> Self {
        Self::Malformed(reason.to_string())
    }

    /// The status of the HTTP answer.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Body(reason) => reason.status(),
            Self::Malformed(_) | Self::NoneValid(_) => StatusCode::BAD_REQUEST,
            Self::ContentType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Loop(_) => StatusCode::LOOP_DETECTED,
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooMany { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Exhausted(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Append(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns true if the sender should retry.
    fn is_temporary(&self) -> bool {
        matches!(
            self.status(),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        )
    }

    /// The HTTP answer with this body, and with `Retry-After` if a retry may succeed.
    pub(super) fn answer(&self, body: impl IntoResponse) -> Response {
        let mut response = (self.status(), self.why(), body).into_response();
        if self.is_temporary() {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, RETRY.as_secs().into());
        }
        response
    }

    /// The reason for the log.
    pub(super) fn why(&self) -> Extension<Why> {
        Extension(Why {
            message: self.to_string(),
            // An intake counts its own refusals; these two are made outside it.
            counted: !matches!(self, Self::ContentType(_) | Self::NoneValid(_)),
        })
    }

    /// The reason as named in the metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Body(reason) => reason.reason(),
            Self::Malformed(_) => "malformed",
            Self::TooMany { .. } => "too_large",
            Self::Exhausted(_) => "busy",
            Self::Append(_) => "store",
            Self::ContentType(_) => "content_type",
            Self::NoneValid(_) => "invalid",
            Self::Loop(_) => "loop",
            Self::Panicked => "defect",
        }
    }
}

impl BodyError {
    /// The status of the HTTP answer.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) | Self::TooLargeInside(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Encoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Broken(_) | Self::Decompress(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// The reason as named in the metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge(_) | Self::TooLargeInside(_) => "too_large",
            Self::TooSlow(_) => "too_slow",
            Self::Broken(_) => "broken",
            Self::Encoding(_) => "encoding",
            Self::Decompress(_) => "malformed",
        }
    }
}

/// The refusal as a line of text.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.answer(format!("{self}\n"))
    }
}

/// OTLP's clients retry on `UNAVAILABLE`, and on `RESOURCE_EXHAUSTED` only if the answer gives a
/// delay.
impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::Body(BodyError::Encoding(_)) => Code::Unimplemented,
            Refusal::Body(BodyError::TooSlow(_)) => Code::DeadlineExceeded,
            Refusal::Body(BodyError::TooLarge(_) | BodyError::TooLargeInside(_))
            | Refusal::TooMany { .. }
            | Refusal::Exhausted(_) => Code::ResourceExhausted,
            Refusal::Append(_) => Code::Unavailable,
            Refusal::Loop(_) => Code::FailedPrecondition,
            Refusal::Panicked => Code::Internal,
            Refusal::Body(_)
            | Refusal::Malformed(_)
            | Refusal::ContentType(_)
            | Refusal::NoneValid(_) => Code::InvalidArgument,
        };
        let text = refusal.to_string();
        if refusal.is_temporary() {
            let details = ErrorDetails::with_retry_info(Some(RETRY));
            Self::with_error_details(code, text, details)
        } else {
            Self::new(code, text)
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
