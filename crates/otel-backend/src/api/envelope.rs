//! The envelope around every answer of Jaeger's old API.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use serde::Serialize;
use serde_json::ser::PrettyFormatter;

use crate::store::ReadError;

/// A successful answer.
#[derive(Debug, Serialize)]
pub(super) struct Envelope<T> {
    pub(super) data: T,
    pub(super) total: usize,
    limit: usize,
    offset: usize,
    errors: Option<Vec<Problem>>,
}

/// One entry of `errors`.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<u16>,
    pub(super) msg: String,
    #[serde(rename = "traceID", skip_serializing_if = "Option::is_none")]
    pub(super) trace_id: Option<String>,
}

/// A failed request.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

/// The parameters of a request, in the order given.
pub(super) type Pairs = Vec<(String, String)>;

impl<T> Envelope<T> {
    pub(super) fn new(data: T) -> Self {
        Self {
            data,
            total: 0,
            limit: 0,
            offset: 0,
            errors: None,
        }
    }

    pub(super) fn with_errors(mut self, errors: Vec<Problem>) -> Self {
        self.errors = (!errors.is_empty()).then_some(errors);
        self
    }
}

impl<T> Envelope<Vec<T>> {
    /// With the number of entries as `total`.
    pub(super) fn counted(data: Vec<T>) -> Self {
        Self {
            total: data.len(),
            ..Self::new(data)
        }
    }
}

impl ApiError {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }

    pub(super) fn internal(error: impl std::error::Error) -> Self {
        tracing::error!(%error, "a query failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: error.to_string(),
        }
    }

    pub(super) fn not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: "not found".to_owned(),
        }
    }

    pub(super) fn trace_not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: "trace not found".to_owned(),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        Self::internal(error)
    }
}

/// As Go's `http.Error` writes it: with a line break, and as text so that no browser looks inside.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let envelope = Envelope::new(None::<()>).with_errors(vec![Problem {
            code: Some(self.status.as_u16()),
            msg: self.message,
            trace_id: None,
        }]);
        let mut body = to_json(&envelope, false);
        body.push(b'\n');
        let headers = [
            (CONTENT_TYPE, "text/plain; charset=utf-8"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (self.status, headers, body).into_response()
    }
}

/// An answer in JSON.
pub(super) fn json(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The bytes of a value in JSON, indented by four spaces if `pretty`.
pub(super) fn to_json(value: &impl Serialize, pretty: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let written = if pretty {
        let formatter = PrettyFormatter::with_indent(b"    ");
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
        value.serialize(&mut serializer)
    } else {
        value.serialize(&mut serde_json::Serializer::new(&mut out))
    };
    if let Err(error) = written {
        tracing::error!(%error, "an answer cannot be written as JSON");
    }
    out
}

/// Whether the request asks for indented JSON.
pub(super) fn is_pretty(pairs: &Pairs) -> bool {
    let asked = pairs.iter().find(|(key, _)| key == "prettyPrint");
    asked.is_some_and(|(_, value)| !matches!(value.as_str(), "" | "false"))
}
