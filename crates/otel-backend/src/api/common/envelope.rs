//! The envelope around every answer of Jaeger's old API, and its errors.

use std::io::{self, Write};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use serde::Serialize;

use super::outlet::Gone;
use crate::format::json::JsonWriter;
use crate::format::otlp::Malformed;
use crate::query::{Missing, SearchError};
use crate::store::ReadError;

/// An entry of `errors`.
#[derive(Debug, Serialize)]
pub(in crate::api) struct Problem {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) code: Option<u16>,
    pub(in crate::api) msg: String,
    #[serde(rename = "traceID", skip_serializing_if = "Option::is_none")]
    pub(in crate::api) trace_id: Option<String>,
}

/// A failed request.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(in crate::api) struct ApiError {
    pub(in crate::api) status: StatusCode,
    pub(in crate::api) message: String,
}

/// Writes an envelope whose contents are written by `data`.
pub(in crate::api) fn write<W: Write, E: From<io::Error>>(
    json: &mut JsonWriter<W>,
    total: usize,
    errors: &[Problem],
    data: impl FnOnce(&mut JsonWriter<W>) -> Result<(), E>,
) -> Result<(), E> {
    json.object(|envelope| {
        data(envelope.member("data")?)?;
        envelope.member("total")?.value(&total)?;
        envelope.member("limit")?.value(&0)?;
        envelope.member("offset")?.value(&0)?;
        let errors = (!errors.is_empty()).then_some(errors);
        Ok(envelope.member("errors")?.value(&errors)?)
    })
}

impl ApiError {
    pub(in crate::api) fn bad_request(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }

    /// The error that there is no capacity at the moment.
    pub(in crate::api) fn busy(reason: impl std::fmt::Display) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: reason.to_string(),
        }
    }

    pub(in crate::api) fn internal(error: impl std::error::Error) -> Self {
        tracing::error!(%error, "a query failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: error.to_string(),
        }
    }

    pub(in crate::api) fn trace_not_found(why: &Missing) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: format!("trace not found{why}"),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Busy => Self::busy(error),
            error => Self::internal(error),
        }
    }
}

impl From<Malformed> for ApiError {
    fn from(error: Malformed) -> Self {
        Self::internal(error)
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Read(error) => error.into(),
            SearchError::TooLong => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                message: error.to_string(),
            },
        }
    }
}

/// The client never receives this: it has stopped reading.
impl From<Gone> for ApiError {
    fn from(gone: Gone) -> Self {
        io::Error::other(gone).into()
    }
}

/// Writing an answer fails only if the client has gone.
impl From<io::Error> for ApiError {
    fn from(error: io::Error) -> Self {
        tracing::debug!(%error, "an answer was cut off");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: error.to_string(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = Problem {
            code: Some(self.status.as_u16()),
            msg: self.message,
            trace_id: None,
        };
        let mut json = JsonWriter::new(Vec::new(), false);
        logged(write(&mut json, 0, &[problem], |data| {
            data.value(&None::<()>)
        }));
        http_error(self.status, json.into_inner())
    }
}

/// The answer for a path without a route.
pub(in crate::api) fn no_route() -> Response {
    http_error(StatusCode::NOT_FOUND, "404 page not found")
}

/// Like Go's `http.Error`: with a newline, and as plain text so that no browser guesses another
/// type.
pub(in crate::api) fn http_error(status: StatusCode, body: impl Into<Vec<u8>>) -> Response {
    let mut body = body.into();
    body.push(b'\n');
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body).into_response()
}

/// A JSON answer.
pub(in crate::api) fn json(body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.into()).into_response()
}

fn logged(written: io::Result<()>) {
    if let Err(error) = written {
        tracing::error!(%error, "an answer cannot be written as JSON");
    }
}
