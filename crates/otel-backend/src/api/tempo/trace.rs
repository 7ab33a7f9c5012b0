//! One trace by its id: protobuf for clients that accept it, else JSON.

use std::io::Write as _;

use axum::extract::{Path, Query as Params, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::ACCEPT;
use serde_json::json;

use super::error::TempoError;
use super::params::parse_window;
use crate::api::common::answer;
use crate::api::common::envelope::ApiError;
use crate::api::common::ids;
use crate::api::common::pairs::Pairs;
use crate::format::json::Container;
use crate::format::otlp::{Dialect, traces_data, write_resource_spans};
use crate::model::UnixNanos;
use crate::query::{IdPattern, Lookup, Query, Trace};

const PROTOBUF: &str = "application/protobuf";

/// Returns true if a client prefers protobuf to JSON.
pub(in crate::api) fn accepts_protobuf(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter();
    let mut accepted = accepted.filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains(PROTOBUF))
}

/// The version of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

pub(super) async fn v1(
    State(query): State<Query>,
    Path(id): Path<String>,
    Params(pairs): Params<Pairs>,
    headers: HeaderMap,
) -> Result<Response, TempoError> {
    answer(query, &id, &pairs, &headers, Version::V1).await
}

pub(super) async fn v2(
    State(query): State<Query>,
    Path(id): Path<String>,
    Params(pairs): Params<Pairs>,
    headers: HeaderMap,
) -> Result<Response, TempoError> {
    answer(query, &id, &pairs, &headers, Version::V2).await
}

/// A trace in protobuf, in the form of the v1 API.
pub(in crate::api) async fn protobuf(query: Query, id: &str, pairs: &Pairs) -> Response {
    let answer = async { in_protobuf(query, parse(id, pairs)?, Version::V1).await };
    answer.await.into_response()
}

async fn answer(
    query: Query,
    id: &str,
    pairs: &Pairs,
    headers: &HeaderMap,
    version: Version,
) -> Result<Response, TempoError> {
    let id = parse(id, pairs)?;
    if accepts_protobuf(headers) {
        in_protobuf(query, id, version).await
    } else {
        in_json(query, id, version).await
    }
}

fn parse(id: &str, pairs: &Pairs) -> Result<IdPattern, TempoError> {
    let id = ids::parse(id).map_err(TempoError::bad_request)?;
    // The window is not needed to find a trace; its parameters must only be valid.
    parse_window(pairs, UnixNanos::now())?;
    Ok(id)
}

fn find(query: &Query, id: &IdPattern) -> Result<Trace, ApiError> {
    match query.find(id)? {
        Lookup::Found(trace) => Ok(trace),
        Lookup::Missing(why) => Err(ApiError::trace_not_found(&why)),
    }
}

/// Writes `Trace`, which has the same bytes as `TracesData`, or `TraceByIDResponse`, which holds it
/// in field 1. A large trace is written as several messages one after the other, which a protobuf
/// reader merges.
async fn in_protobuf(
    query: Query,
    id: IdPattern,
    version: Version,
) -> Result<Response, TempoError> {
    let answer = answer::bytes(PROTOBUF, move |out, _| {
        let trace = find(&query, &id)?;
        for message in traces_data(trace.iter_as(false, None)?) {
            if version == Version::V2 {
                out.write_all(&prefix(message.len()))?;
            }
            out.write_all(&message)?;
        }
        Ok(())
    });
    Ok(answer.await?)
}

/// The key and the length in front of a message in field 1.
fn prefix(length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, &mut out);
    prost::encoding::encode_varint(length as u64, &mut out);
    out
}

async fn in_json(query: Query, id: IdPattern, version: Version) -> Result<Response, TempoError> {
    let answer = answer::json(false, move |json, _| {
        let trace = find(&query, &id)?;
        let spans = trace.iter_as(false, None)?;
        let write = |list: &mut Container<'_, _>| {
            write_resource_spans(list, Dialect::Protobuf, spans)?;
            Ok::<_, ApiError>(())
        };
        json.object(|answer| match version {
            Version::V1 => answer.member("batches")?.list(write),
            Version::V2 => {
                let trace = answer.member("trace")?;
                trace.object(|trace| trace.member("resourceSpans")?.list(write))?;
                Ok(answer.member("metrics")?.value(&json!({}))?)
            }
        })
    });
    Ok(answer.await?)
}
