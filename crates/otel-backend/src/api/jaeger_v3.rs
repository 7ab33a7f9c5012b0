//! Jaeger's new API, `/api/v3/…`, which its UI's search page uses. Traces are OTLP here.
//!
//! Spec: <https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v3/query_service.proto>

mod params;

use std::cell::RefCell;

use axum::Router;
use axum::extract::{Path, Query as Params, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::common::answer;
use super::common::envelope::{ApiError, http_error, json as json_answer, to_json, write_json};
use super::common::ids;
use super::common::outlet::Traces;
use super::common::pairs::{Pairs, is_pretty};
use super::common::summary::TraceSummary;
use crate::format::otlp::TracesJson;
use crate::model::SpanKind;
use crate::query::{Hit, Lookup, Missing, Query};
use params::{check_hints, is_raw, parse_search, text};

/// A failed request: as [`ApiError`], in this API's words.
struct V3Error(ApiError);

impl<E: Into<ApiError>> From<E> for V3Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for V3Error {
    fn into_response(self) -> Response {
        let code = self.0.status.as_u16();
        let error = json!({ "error": { "httpCode": code, "message": self.0.message } });
        http_error(self.0.status, error.to_string())
    }
}

pub(super) fn router() -> Router<Query> {
    Router::new()
        .route("/services", get(services))
        .route("/operations", get(operations))
        .route("/traces", get(traces))
        .route("/traces/{id}", get(trace))
        .route("/trace-summaries", get(summaries))
}

async fn services(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    let services = query.services().await?;
    let answer = json!({ "services": services });
    Ok(json_answer(to_json(&answer, is_pretty(&pairs))))
}

async fn operations(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    let service = text(&pairs, "service").unwrap_or_default();
    let kind = text(&pairs, "spanKind");
    let operations = query.operations(service, kind).await?;
    let operations: Vec<_> = operations
        .into_iter()
        .map(|operation| {
            let kind = match operation.kind {
                SpanKind::Unspecified => SpanKind::Internal,
                kind => kind,
            };
            json!({ "name": operation.name, "spanKind": kind.as_str() })
        })
        .collect();
    let answer = json!({ "operations": operations });
    Ok(json_answer(to_json(&answer, is_pretty(&pairs))))
}

async fn trace(
    State(query): State<Query>,
    Path(id): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    let id = ids::parse(&id).map_err(|reason| {
        ApiError::bad_request(format!("malformed parameter trace_id: {reason}"))
    })?;
    check_hints(&pairs)?;
    let raw = is_raw(&pairs, "rawTraces")?;
    match query.find(id).await? {
        Lookup::Found(trace) => {
            let hits = vec![Hit::from(trace)];
            answer_traces(Traces::new(query, hits), raw, is_pretty(&pairs)).await
        }
        Lookup::Missing(why) => Err(nothing_found(&why)),
    }
}

async fn traces(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    let search = parse_search(&pairs)?;
    let raw = is_raw(&pairs, "query.rawTraces")?;
    let hits = query.search(search).await?;
    if hits.is_empty() {
        return Err(nothing_found(&Missing::Unknown));
    }
    answer_traces(Traces::new(query, hits), raw, is_pretty(&pairs)).await
}

fn nothing_found(why: &Missing) -> V3Error {
    V3Error(ApiError {
        status: StatusCode::NOT_FOUND,
        message: format!("No traces found{why}"),
    })
}

async fn summaries(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    #[derive(Serialize)]
    struct Answer {
        #[serde(serialize_with = "summaries_json")]
        summaries: RefCell<Traces>,
    }

    let search = parse_search(&pairs)?;
    // A summary is of the adjusted trace; the parameter must only be well formed.
    is_raw(&pairs, "query.rawTraces")?;
    let hits = query.search(search).await?;
    let summaries = RefCell::new(Traces::new(query, hits));
    let pretty = is_pretty(&pairs);
    let answer = answer::stream(move |out| write_json(&Answer { summaries }, pretty, out));
    Ok(answer.await?)
}

fn summaries_json<S: Serializer>(
    traces: &RefCell<Traces>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(None)?;
    for trace in &mut *traces.borrow_mut() {
        let trace = trace.map_err(S::Error::custom)?;
        let summary = TraceSummary::of(&trace).map_err(S::Error::custom)?;
        list.serialize_element(&summary)?;
    }
    list.end()
}

/// Writes all traces as one list of `resourceSpans` while they are sent.
async fn answer_traces(traces: Traces, raw: bool, pretty: bool) -> Result<Response, V3Error> {
    #[derive(Serialize)]
    struct Answer {
        result: TracesData,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct TracesData {
        resource_spans: ResourceSpans,
    }

    let traces = RefCell::new(traces);
    let resource_spans = ResourceSpans { traces, raw };
    let result = TracesData { resource_spans };
    let answer = answer::stream(move |out| write_json(&Answer { result }, pretty, out));
    Ok(answer.await?)
}

/// The spans of traces that are loaded one after the other.
struct ResourceSpans {
    traces: RefCell<Traces>,
    raw: bool,
}

impl Serialize for ResourceSpans {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for trace in &mut *self.traces.borrow_mut() {
            let trace = trace.map_err(S::Error::custom)?;
            let spans = trace.spans_as(self.raw).map_err(S::Error::custom)?;
            for element in TracesJson::new(&spans).resource_spans() {
                list.serialize_element(&element)?;
            }
        }
        list.end()
    }
}
