//! The answer to a failed request: plain text, as in Tempo.

use axum::response::{IntoResponse, Response};

use crate::api::common::envelope::{ApiError, http_error};

/// A failed request: an [`ApiError`] in this API's format.
#[derive(Debug)]
pub(super) struct TempoError(pub(super) ApiError);

impl TempoError {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self(ApiError::bad_request(message))
    }
}

impl<E: Into<ApiError>> From<E> for TempoError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for TempoError {
    fn into_response(self) -> Response {
        http_error(self.0.status, self.0.message)
    }
}
