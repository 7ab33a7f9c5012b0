//! gRPC answers: streams of messages small enough for every client, and errors.

use std::convert::Infallible;
use std::option;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt as _;
use prost::Message;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Iter, adapters};
use tonic::server::NamedService;
use tonic::{Response, Status};
use tower::{Service, ServiceExt as _};

use super::envelope::ApiError;
use super::outlet::{self, Gone, Outlet};
use crate::format::otlp::Malformed;
use crate::query::{Patience, SearchError};
use crate::store::ReadError;

/// The size from which a message is sent, in bytes; clients refuse messages of 4 MiB by default.
pub(in crate::api) const MESSAGE: usize = 1024 * 1024;

/// Bytes from which on a message is large: more than a connection takes at once.
const LARGE: usize = 64 * 1024;

/// Large messages that wait for their clients.
static LARGE_ONES: Semaphore = Semaphore::const_new(8);

/// A stream of messages or an error. The first one has already been received.
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

/// Sends one message, which is made on a thread that may block.
///
/// gRPC has no parts of a message: a large one waits in memory whole for its client, so that few of
/// them may wait at a time.
pub(in crate::api) async fn message<T: Message + Send + 'static>(
    make: impl FnOnce(&Patience) -> Result<T, Status> + Send + 'static,
) -> Result<Response<T>, Status> {
    let make = move |outlet: &mut Outlet<T, Status>| {
        let message = make(&outlet.patience())?;
        Ok(outlet.send(message)?)
    };
    let mut messages = outlet::open(make).await;
    let message = messages
        .recv()
        .await
        .unwrap_or_else(|| Err(ReadError::Panicked.into()))?;
    let is_large = message.encoded_len() > LARGE;
    let mut response = Response::new(message);
    if is_large {
        let permit = LARGE_ONES.try_acquire().map_err(|_| ReadError::Busy)?;
        response.extensions_mut().insert(Permit {
            _permit: Arc::new(permit),
        });
    }
    Ok(response)
}

/// The permit of a large message.
#[derive(Clone)]
struct Permit {
    _permit: Arc<SemaphorePermit<'static>>,
}

/// Bytes of a large message, which hold its permit until the connection has taken them.
struct Permitted(
    Bytes,
    #[expect(dead_code, reason = "held until dropped")] Permit,
);

impl AsRef<[u8]> for Permitted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Hands the permit of a large message to its bytes.
fn with_permit(mut response: axum::response::Response) -> axum::response::Response {
    let Some(permit) = response.extensions_mut().remove::<Permit>() else {
        return response;
    };
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            frame.map_data(|bytes| Bytes::from_owner(Permitted(bytes, permit.clone())))
        }))
    })
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
    S::Response: IntoResponse + 'static,
    S::Future: Send + 'static,
{
    let path = format!("/{}/{{method}}", S::NAME);
    let respond = |response: S::Response| with_permit(response.into_response());
    router.route_service(&path, service.map_response(respond))
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
