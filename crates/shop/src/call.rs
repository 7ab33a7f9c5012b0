//! Calls between roles by HTTP or gRPC, and how their failures are passed on.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use tonic::{Code, Status};

/// The answer to a failed request.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) StatusCode, pub(crate) String);

/// A client for the other roles, which ignores proxies.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build()
}

/// The body of an answer; fails if the other role cannot be reached or answers with an error.
pub(crate) async fn answer<T: DeserializeOwned>(
    answer: reqwest::Result<reqwest::Response>,
) -> Result<T, Failure> {
    Ok(answer?.error_for_status()?.json().await?)
}

/// Returns true if a call timed out. When the caller gives up, tonic reports the call as cancelled.
pub(crate) fn timed_out(status: &Status) -> bool {
    matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled)
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let status = match error.status() {
            Some(
                status @ (StatusCode::NOT_FOUND
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT),
            ) => status,
            _ if error.is_timeout() => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        };
        Self(status, error.to_string())
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let answer = if timed_out(&status) {
            StatusCode::GATEWAY_TIMEOUT
        } else {
            StatusCode::BAD_GATEWAY
        };
        Self(answer, status.message().to_owned())
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}
