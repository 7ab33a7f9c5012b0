//! Spans as a stream of messages, each of which every client accepts.

use std::option;

use jaeger_wire::api_v2;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Iter, adapters};
use tonic::{Response, Status};

use super::encoded::Encoded;
use crate::api::common::outlet::{self, Gone, Outlet};
use crate::format::jaeger;
use crate::format::otlp::{self, Malformed};
use crate::query::{IdPattern, Lookup, Query, Search, SearchError, Spans, Trace};
use crate::store::ReadError;

/// Bytes from which on a message is sent; clients refuse messages of 4 MiB by default.
const MESSAGE: usize = 1024 * 1024;

/// Spans of one message of the older service.
const CHUNK: usize = 10;

/// Messages, or why there are no more. The first has been seen.
pub(super) type Messages<T = Encoded> =
    adapters::Chain<Iter<option::IntoIter<Result<T, Status>>>, ReceiverStream<Result<T, Status>>>;

/// A function that turns the spans of a trace into messages.
pub(super) type Pack = fn(Spans<'_>, &mut Outlet<Encoded, Status>) -> Result<(), Gone>;

/// Sends the trace of that id.
pub(super) async fn trace(
    query: Query,
    id: IdPattern,
    raw: bool,
    pack: Pack,
) -> Result<Response<Messages>, Status> {
    messages(move |outlet| match query.find(&id)? {
        Lookup::Found(trace) => send(&trace, raw, pack, outlet),
        Lookup::Missing(why) => Err(Status::not_found(format!("trace not found{why}"))),
    })
    .await
}

/// Sends the traces that match, one after the other.
pub(super) async fn traces(
    query: Query,
    search: Search,
    raw: bool,
    pack: Pack,
) -> Result<Response<Messages>, Status> {
    messages(move |outlet| {
        let hits = query.search(&search, &outlet.patience())?;
        for trace in query.traces(hits) {
            send(&trace?, raw, pack, outlet)?;
        }
        Ok(())
    })
    .await
}

fn send(
    trace: &Trace,
    raw: bool,
    pack: Pack,
    outlet: &mut Outlet<Encoded, Status>,
) -> Result<(), Status> {
    Ok(pack(trace.iter_as(raw, None)?, outlet)?)
}

/// Sends what is made on a thread that may block. What fails before the first message is an error of
/// the whole call.
pub(super) async fn messages<T: Send + 'static>(
    make: impl FnOnce(&mut Outlet<T, Status>) -> Result<(), Status> + Send + 'static,
) -> Result<Response<Messages<T>>, Status> {
    let mut messages = outlet::open(make).await;
    let first = messages.recv().await.transpose()?.map(Ok);
    let first = tokio_stream::iter(first);
    Ok(Response::new(first.chain(ReceiverStream::new(messages))))
}

/// `TracesData` messages.
pub(super) fn otlp(spans: Spans<'_>, out: &mut Outlet<Encoded, Status>) -> Result<(), Gone> {
    let mut messages = otlp::traces_data(spans);
    messages.try_for_each(|message| out.send(Encoded(message.into())))
}

/// `SpansResponseChunk` messages.
pub(super) fn chunks(spans: Spans<'_>, out: &mut Outlet<Encoded, Status>) -> Result<(), Gone> {
    let mut message = Vec::new();
    let mut count = 0;
    for span in spans {
        api_v2::encode_span(&jaeger::to_proto(&span), &mut message);
        count += 1;
        if count == CHUNK || message.len() >= MESSAGE {
            out.send(Encoded(std::mem::take(&mut message).into()))?;
            count = 0;
        }
    }
    if !message.is_empty() {
        out.send(Encoded(message.into()))?;
    }
    Ok(())
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

/// The client hears nothing of this: it takes no more messages.
impl From<Gone> for Status {
    fn from(gone: Gone) -> Self {
        Self::cancelled(gone.to_string())
    }
}

fn failed(error: &impl std::error::Error) -> Status {
    tracing::error!(%error, "a query failed");
    Status::internal(format!("failed to fetch spans from the backend: {error}"))
}
