//! Spans as a stream of messages, each of which every client accepts.

use jaeger_wire::api_v2;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

use super::encoded::Encoded;
use crate::api::common::outlet::{self, Gone, Outlet, Traces};
use crate::format::jaeger;
use crate::format::otlp::TracesBuilder;
use crate::model::Span;
use crate::query::SearchError;
use crate::store::ReadError;

/// Bytes from which on a message is sent; clients refuse messages of 4 MiB by default.
const MESSAGE: usize = 1024 * 1024;

/// Spans of one message of the older service.
const CHUNK: usize = 10;

/// Messages, or why there are no more.
pub(super) type Messages<T = Encoded> = ReceiverStream<Result<T, Status>>;

/// How the spans of a trace become messages.
pub(super) type Pack =
    fn(&[Span<'_>], &mut dyn FnMut(Vec<u8>) -> Result<(), Gone>) -> Result<(), Gone>;

/// Sends traces one after the other.
pub(super) async fn traces(
    traces: Traces,
    raw: bool,
    pack: Pack,
) -> Result<Response<Messages>, Status> {
    messages(move |outlet| {
        for trace in traces {
            let sent = match trace {
                Ok(trace) => match trace.spans_as(raw) {
                    Ok(spans) => pack(&spans, &mut |bytes| outlet.send(Ok(Encoded(bytes.into())))),
                    Err(error) => outlet.send(Err(failed(&error))),
                },
                Err(error) => outlet.send(Err(read_failed(&error))),
            };
            if sent.is_err() {
                break;
            }
        }
    })
    .await
}

/// Sends what is made on a thread that may block.
pub(super) async fn messages<T: Send + 'static>(
    make: impl FnOnce(Outlet<Result<T, Status>>) + Send + 'static,
) -> Result<Response<Messages<T>>, Status> {
    let receiver = outlet::open(make).await;
    let receiver = receiver.map_err(|error| read_failed(&error))?;
    Ok(Response::new(ReceiverStream::new(receiver)))
}

/// Why a search has no result.
pub(super) fn search_failed(error: &SearchError) -> Status {
    match error {
        SearchError::Read(error) => failed(error),
        SearchError::TooLong => Status::deadline_exceeded(error.to_string()),
    }
}

pub(super) fn read_failed(error: &ReadError) -> Status {
    failed(error)
}

fn failed(error: &impl std::error::Error) -> Status {
    tracing::error!(%error, "a query failed");
    Status::internal(format!("failed to fetch spans from the backend: {error}"))
}

/// `TracesData` messages.
pub(super) fn otlp(
    spans: &[Span<'_>],
    send: &mut dyn FnMut(Vec<u8>) -> Result<(), Gone>,
) -> Result<(), Gone> {
    let mut message = TracesBuilder::default();
    for span in spans {
        message.push(span);
        if message.size() >= MESSAGE {
            send(std::mem::take(&mut message).finish())?;
        }
    }
    if message.size() > 0 {
        send(message.finish())?;
    }
    Ok(())
}

/// `SpansResponseChunk` messages.
pub(super) fn chunks(
    spans: &[Span<'_>],
    send: &mut dyn FnMut(Vec<u8>) -> Result<(), Gone>,
) -> Result<(), Gone> {
    for spans in spans.chunks(CHUNK) {
        let mut message = Vec::new();
        for span in spans {
            api_v2::encode_span(&jaeger::to_proto(span), &mut message);
            if message.len() >= MESSAGE {
                send(std::mem::take(&mut message))?;
            }
        }
        if !message.is_empty() {
            send(message)?;
        }
    }
    Ok(())
}
