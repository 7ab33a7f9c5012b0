//! gRPC answers: streams of messages small enough for every client, and errors.

use std::convert::Infallible;
use std::option;

use axum::Router;
use axum::response::IntoResponse;
use http::StatusCode;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Iter, adapters};
use tonic::server::NamedService;
use tonic::{Response, Status};
use tower::Service;

use super::envelope::ApiError;
use super::outlet::{self, Gone, Outlet};
use crate::format::otlp::Malformed;
use crate::query::SearchError;
use crate::store::ReadError;

/// Bytes from which on a message is sent; clients refuse messages of 4 MiB by default.
pub(in crate::api) const MESSAGE: usize = 1024 * 1024;

/// Messages, or why there are no more. The first has been seen.
pub(in crate::api) type Messages<T> =
    adapters::Chain<Iter<option::IntoIter<Result<T, Status>>>, ReceiverStream<Result<T, Status>>>;

/// Sends the messages that `make` produces on a thread that may block. A failure before the first
/// message is an error of the whole call.
pub(in crate::api) async fn messages<T: Send + 'static>(
    make: impl FnOnce(&mut Outlet<T, Status>) -> Result<(), Status> + Send + 'static,
) -> Result<Response<Messages<T>>, Status> {
    let mut messages = outlet::open(make).await;
    let first = messages.recv().await.transpose()?.map(Ok);
    let first = tokio_stream::iter(first);
    Ok(Response::new(first.chain(ReceiverStream::new(messages))))
}

/// Adds a service under its name.
pub(in crate::api) fn serve<S>(router: Router, service: S) -> Router
where
    S: Service<axum::extract::Request, Error = Infallible>
        + NamedService
        + Clone
        + Send
        + Sync
        + 'static,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    router.route_service(&format!("/{}/{{method}}", S::NAME), service)
}

impl From<ReadError> for Status {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Busy => Self::unavailable(error.to_string()),
            error => failed(&error),
        }
    }
}

impl From<Malformed> for Status {
    fn from(error: Malformed) -> Self {
        failed(&error)
    }
}

impl From<SearchError> for Status {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Read(error) => error.into(),
            SearchError::TooLong => Self::deadline_exceeded(error.to_string()),
        }
    }
}

/// The client never receives this: it has stopped reading.
impl From<Gone> for Status {
    fn from(gone: Gone) -> Self {
        Self::cancelled(gone.to_string())
    }
}

impl From<ApiError> for Status {
    fn from(error: ApiError) -> Self {
        match error.status {
            StatusCode::BAD_REQUEST => Self::invalid_argument(error.message),
            StatusCode::NOT_FOUND => Self::not_found(error.message),
            StatusCode::SERVICE_UNAVAILABLE => Self::unavailable(error.message),
            _ => Self::internal(error.message),
        }
    }
}

fn failed(error: &impl std::error::Error) -> Status {
    tracing::error!(%error, "a query failed");
    Status::internal(format!("failed to fetch spans from the backend: {error}"))
}
