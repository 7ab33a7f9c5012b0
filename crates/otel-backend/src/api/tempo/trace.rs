//! One trace by its id: protobuf for those who accept it, else JSON.

use axum::extract::{Path, Query as Params, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde::Serialize;

use super::error::TempoError;
use super::params::parse_window;
use crate::api::common::answer;
use crate::api::common::envelope::{ApiError, write_json};
use crate::api::common::ids;
use crate::api::common::pairs::Pairs;
use crate::format::otlp::{Dialect, TracesBuilder, TracesJson};
use crate::model::UnixNanos;
use crate::query::{Lookup, Query, Trace};
use crate::store::ReadError;

const PROTOBUF: &str = "application/protobuf";

/// Whether a client wants protobuf rather than JSON.
pub(in crate::api) fn accepts_protobuf(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter();
    let mut accepted = accepted.filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains(PROTOBUF))
}

/// Which version of the API an answer belongs to.
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

/// A trace in protobuf, as the first version of the API has it.
pub(in crate::api) async fn protobuf(query: Query, id: &str, pairs: &Pairs) -> Response {
    let answer = async {
        let trace = find(&query, id, pairs).await?;
        in_protobuf(trace, Version::V1).await
    };
    answer.await.into_response()
}

async fn answer(
    query: Query,
    id: &str,
    pairs: &Pairs,
    headers: &HeaderMap,
    version: Version,
) -> Result<Response, TempoError> {
    let trace = find(&query, id, pairs).await?;
    if accepts_protobuf(headers) {
        in_protobuf(trace, version).await
    } else {
        in_json(trace, version).await
    }
}

async fn find(query: &Query, id: &str, pairs: &Pairs) -> Result<Trace, TempoError> {
    let id = ids::parse(id).map_err(TempoError::bad_request)?;
    // Where a trace lies is known without a window; it must only be one.
    parse_window(pairs, UnixNanos::now())?;
    match query.find(id).await? {
        Lookup::Found(trace) => Ok(trace),
        Lookup::Missing(why) => Err(ApiError::trace_not_found(&why).into()),
    }
}

/// `Trace`, which has the bytes of `TracesData`; or `TraceByIDResponse`, which holds it in field 1.
async fn in_protobuf(trace: Trace, version: Version) -> Result<Response, TempoError> {
    let encode = move || {
        let spans = trace.spans().map_err(ApiError::internal)?;
        let mut builder = TracesBuilder::default();
        for span in &spans {
            builder.push(span);
        }
        let message = builder.finish();
        Ok::<_, TempoError>(match version {
            Version::V1 => message,
            Version::V2 => wrap(&message),
        })
    };
    let task = tokio::task::spawn_blocking(encode).await;
    let body = task.map_err(|_| ReadError::Closed)??;
    Ok(([(CONTENT_TYPE, PROTOBUF)], body).into_response())
}

fn wrap(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 8);
    prost::encoding::encode_key(1, prost::encoding::WireType::LengthDelimited, &mut out);
    prost::encoding::encode_varint(message.len() as u64, &mut out);
    out.extend_from_slice(message);
    out
}

async fn in_json(trace: Trace, version: Version) -> Result<Response, TempoError> {
    #[derive(Serialize)]
    struct First<S: Serialize> {
        batches: Vec<S>,
    }

    #[derive(Serialize)]
    struct Second<'a> {
        trace: TracesJson<'a>,
        metrics: serde_json::Map<String, serde_json::Value>,
    }

    let answer = answer::stream(move |out| {
        let spans = trace.spans().map_err(ApiError::internal)?;
        let trace = TracesJson::in_dialect(Dialect::Protobuf, &spans);
        match version {
            Version::V1 => {
                let batches = trace.resource_spans().collect();
                write_json(&First { batches }, false, out)
            }
            Version::V2 => {
                let metrics = serde_json::Map::new();
                write_json(&Second { trace, metrics }, false, out)
            }
        }
    });
    Ok(answer.await?)
}
