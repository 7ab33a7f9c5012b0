//! Sends spans as a stream of messages small enough for every client.

use jaeger_wire::api_v2;
use tonic::{Response, Status};

use super::encoded::Encoded;
use crate::api::common::grpc::{self, MESSAGE, messages};
use crate::api::common::outlet::{Gone, Outlet};
use crate::format::{jaeger, otlp};
use crate::query::{IdPattern, Lookup, Query, Search, Spans, Trace};

/// The most spans in a message of the v2 service.
const CHUNK: usize = 10;

/// Spans, already encoded.
pub(super) type Messages = grpc::Messages<Encoded>;

/// A function that writes the spans of a trace as messages.
pub(super) type Pack = fn(Spans<'_>, &mut Outlet<Encoded, Status>) -> Result<(), Gone>;

/// Sends the trace with that id.
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

/// Sends the matching traces one after the other.
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

/// Sends `TracesData` messages.
pub(super) fn otlp(spans: Spans<'_>, out: &mut Outlet<Encoded, Status>) -> Result<(), Gone> {
    let mut messages = otlp::traces_data(spans);
    messages.try_for_each(|message| out.send(Encoded(message.into())))
}

/// Sends `SpansResponseChunk` messages.
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
