//! A failed request, as Tempo says it: in plain text.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::api::envelope::{ApiError, http_error};
use crate::query::SearchError;
use crate::store::ReadError;

/// A failed request.
#[derive(Debug)]
pub(super) struct TempoError {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl TempoError {
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
}

impl From<ReadError> for TempoError {
    fn from(error: ReadError) -> Self {
        Self::internal(error)
    }
}

impl From<SearchError> for TempoError {
    fn from(error: SearchError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<ApiError> for TempoError {
    fn from(error: ApiError) -> Self {
        Self {
            status: error.status,
            message: error.message,
        }
    }
}

impl IntoResponse for TempoError {
    fn into_response(self) -> Response {
        http_error(self.status, self.message)
    }
}
