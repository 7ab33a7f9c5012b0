//! The envelope around every answer of Jaeger's old API.

use std::io::Write;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use serde::Serialize;
use serde_json::ser::PrettyFormatter;

use crate::query::{Missing, SearchError};
use crate::store::ReadError;

/// A successful answer.
#[derive(Debug, Serialize)]
pub(in crate::api) struct Envelope<T> {
    pub(in crate::api) data: T,
    pub(in crate::api) total: usize,
    limit: usize,
    offset: usize,
    errors: Option<Vec<Problem>>,
}

/// One entry of `errors`.
#[derive(Debug, Serialize)]
pub(in crate::api) struct Problem {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::api) code: Option<u16>,
    pub(in crate::api) msg: String,
    #[serde(rename = "traceID", skip_serializing_if = "Option::is_none")]
    pub(in crate::api) trace_id: Option<String>,
}

/// What is said of a path that no route has.
const NO_ROUTE: &str = "404 page not found";

/// A failed request.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(in crate::api) struct ApiError {
    pub(in crate::api) status: StatusCode,
    pub(in crate::api) message: String,
}

impl<T> Envelope<T> {
    pub(in crate::api) fn new(data: T) -> Self {
        Self {
            data,
            total: 0,
            limit: 0,
            offset: 0,
            errors: None,
        }
    }

    pub(in crate::api) fn with_errors(mut self, errors: Vec<Problem>) -> Self {
        self.errors = (!errors.is_empty()).then_some(errors);
        self
    }
}

impl<T> Envelope<Vec<T>> {
    /// With the number of entries as `total`.
    pub(in crate::api) fn counted(data: Vec<T>) -> Self {
        Self {
            total: data.len(),
            ..Self::new(data)
        }
    }
}

impl ApiError {
    pub(in crate::api) fn bad_request(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }

    pub(in crate::api) fn internal(error: impl std::error::Error) -> Self {
        tracing::error!(%error, "a query failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: error.to_string(),
        }
    }

    /// A path that no route has.
    pub(in crate::api) fn no_route() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: NO_ROUTE.to_owned(),
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
        Self::internal(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.message == NO_ROUTE {
            return http_error(self.status, self.message);
        }
        let envelope = Envelope::new(None::<()>).with_errors(vec![Problem {
            code: Some(self.status.as_u16()),
            msg: self.message,
            trace_id: None,
        }]);
        http_error(self.status, to_json(&envelope, false))
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Read(error) => Self::internal(error),
            SearchError::TooLong => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                message: error.to_string(),
            },
        }
    }
}

/// As Go's `http.Error` writes it: with a line break, and as text so that no browser looks inside.
pub(in crate::api) fn http_error(status: StatusCode, body: impl Into<Vec<u8>>) -> Response {
    let mut body = body.into();
    body.push(b'\n');
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body).into_response()
}

/// An answer in JSON.
pub(in crate::api) fn json(body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.into()).into_response()
}

/// The bytes of a value in JSON, indented by four spaces if `pretty`.
pub(in crate::api) fn to_json(value: &impl Serialize, pretty: bool) -> Vec<u8> {
    let mut out = Vec::new();
    if let Err(error) = write_json(value, pretty, &mut out) {
        tracing::error!(%error, "an answer cannot be written as JSON");
    }
    out
}

/// Writes a value as [`to_json`] does.
pub(in crate::api) fn write_json(
    value: &impl Serialize,
    pretty: bool,
    out: &mut impl Write,
) -> Result<(), ApiError> {
    let written = if pretty {
        let formatter = PrettyFormatter::with_indent(b"    ");
        let mut serializer = serde_json::Serializer::with_formatter(out, formatter);
        value.serialize(&mut serializer)
    } else {
        value.serialize(&mut serde_json::Serializer::new(out))
    };
    written.map_err(ApiError::internal)
}
