//! The gRPC server of the receivers: a method that receives one message and answers with one.
//!
//! The body is read like that of any other request, so that the same limits apply. Messages stay
//! bytes, which each receiver decodes in place with its own decoder.
//!
//! Spec: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Extension, Router};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use tonic::Status;

use super::accepted::Accepted;
use super::body::{self, Compression};
use super::intake::{Decode, Intake, Received};
use super::refusal::{Refusal, Why};
use crate::budget::Held;
use crate::forward::Via;

/// A gRPC method for sending spans or log records.
#[derive(Debug, Clone)]
pub(super) struct Method {
    pub(super) path: &'static str,
    pub(super) intake: Intake,
    pub(super) decode: Decode,
    /// Encodes the answer.
    pub(super) answer: fn(&Accepted) -> Vec<u8>,
}

/// The length of the prefix of each message: a flag and the message's length.
const PREFIX: usize = 5;

/// A server with one method.
pub(super) fn router(method: Method) -> Router {
    let path = method.path;
    Router::new().route(path, post(move |request| serve(request, method)))
}

async fn serve(request: Request, method: Method) -> Response {
    let received = read(&method.intake, request);
    let accepted = method.intake.accept(received, method.decode).await;
    respond(accepted.map(|accepted| (accepted.why(), (method.answer)(&accepted))))
}

/// Reads the single message of a request.
pub(super) async fn read(intake: &Intake, request: Request) -> Result<Received, Refusal> {
    let (head, body) = request.into_parts();
    let limit = intake.limits().body;
    let received = receive(intake.hold(), limit, &head.headers, body).await?;
    Ok(Received {
        via: intake.way(&head.headers)?,
        ..received
    })
}

/// Answers with a message or an error.
pub(super) fn respond(result: Result<(Option<Extension<Why>>, Vec<u8>), Refusal>) -> Response {
    match result {
        Ok((why, message)) => (why, answer(&message)).into_response(),
        Err(refusal) => {
            let why = refusal.why();
            (why, Status::from(refusal).into_http::<Body>()).into_response()
        }
    }
}

async fn receive(
    mut held: Held,
    limit: usize,
    headers: &HeaderMap,
    body: Body,
) -> Result<Received, Refusal> {
    let limit = limit.saturating_add(PREFIX);
    let mut bytes = body::collect(body, limit, &mut held).await?;
    let prefix = bytes.split_to(PREFIX.min(bytes.len()));
    let Some((flag, length)) = prefix.split_first() else {
        return Err(Refusal::malformed("the request holds no message"));
    };
    let length = <[u8; 4]>::try_from(length).map(u32::from_be_bytes);
    if length.is_ok_and(|length| length as usize != bytes.len()) || length.is_err() {
        return Err(Refusal::malformed(
            "the request does not hold one whole message",
        ));
    }
    let compression = match flag {
        0 => None,
        1 => Some(message_encoding(headers)?),
        _ => {
            return Err(Refusal::malformed(
                "the flag before the message is neither 0 nor 1",
            ));
        }
    };
    Ok(Received {
        bytes,
        compression,
        held,
        via: Via::default(),
    })
}

fn message_encoding(headers: &HeaderMap) -> Result<Compression, Refusal> {
    let encoding = headers.get("grpc-encoding");
    let encoding = encoding.map_or(&b""[..], |value| value.as_bytes());
    let missing = || Refusal::malformed("the message is compressed, and grpc-encoding is not set");
    Compression::named(encoding)?.ok_or_else(missing)
}

/// Answers with a message.
fn answer(message: &[u8]) -> Response {
    let mut bytes = BytesMut::with_capacity(PREFIX + message.len());
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.len()).unwrap_or_default());
    bytes.put_slice(message);
    let mut trailers = HeaderMap::new();
    trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("0"));
    let body = Full::<Bytes>::new(bytes.freeze()).with_trailers(async { Some(Ok(trailers)) });
    let mut answer = Response::new(Body::new(body));
    let content_type = HeaderValue::from_static("application/grpc");
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}
