//! What the gRPC receivers share: one method that takes bytes and answers with bytes.
//!
//! The messages stay bytes here; each receiver reads them with its own decoder, in place.

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::{Buf as _, BufMut as _, Bytes};
use http::HeaderValue;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::Grpc;
use tonic::{Code, Status};

use super::IntakeError;
use super::body::BodyLimits;
use crate::store::AppendError;

/// A method that takes a message and answers with one.
pub(super) trait Method: Clone + Send + Sync + 'static {
    /// Answers a message.
    fn call(&self, message: Bytes) -> impl Future<Output = Result<Bytes, Status>> + Send;
}

/// A server of one method; every other one is not implemented.
pub(super) fn router(path: &str, method: impl Method, limits: BodyLimits) -> Router {
    let handler = move |request: Request| async move { serve(request, method, limits).await };
    Router::new()
        .route(path, post(handler))
        .fallback(|| async { grpc(Status::unimplemented("no such method here")) })
}

async fn serve(request: Request, method: impl Method, limits: BodyLimits) -> Response {
    let mut server = Grpc::new(Raw)
        .accept_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Zstd)
        .max_decoding_message_size(limits.bytes);
    let service = tower::service_fn(move |request: tonic::Request<Bytes>| {
        let method = method.clone();
        async move {
            let answer = method.call(request.into_inner()).await?;
            Ok::<_, Status>(tonic::Response::new(answer))
        }
    });
    let answer = tokio::time::timeout(limits.time, server.unary(service, request)).await;
    match answer {
        Ok(answer) => name_exhaustion(answer.into_response()),
        Err(_) => grpc(Status::deadline_exceeded(format!(
            "request was not complete after {} s",
            limits.time.as_secs()
        ))),
    }
}

/// Tonic calls a message that is too large out of range; the gRPC specification calls it
/// `RESOURCE_EXHAUSTED`.
fn name_exhaustion(mut answer: Response) -> Response {
    let status = answer.headers_mut().get_mut(Status::GRPC_STATUS);
    if let Some(status) = status.filter(|s| Code::from_bytes(s.as_bytes()) == Code::OutOfRange) {
        *status = HeaderValue::from(Code::ResourceExhausted as i32);
    }
    answer
}

fn grpc(status: Status) -> Response {
    status.into_http::<axum::body::Body>()
}

/// What is said to a sender whose spans were not taken. `UNAVAILABLE` is what clients try again on.
pub(super) fn status_of<E: std::fmt::Display>(error: &IntakeError<E>) -> Status {
    let text = error.to_string();
    match error {
        IntakeError::Decode(_) => Status::invalid_argument(text),
        IntakeError::Append(AppendError::Busy | AppendError::Closed | AppendError::Write(_)) => {
            Status::unavailable(text)
        }
    }
}

/// Hands messages over as they are.
#[derive(Debug, Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(message.copy_to_bytes(message.remaining())))
    }
}
