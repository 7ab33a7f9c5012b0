//! Jaeger's new API, `/api/v3/…`, which its UI's search page uses. Traces are OTLP here.
//!
//! Spec: <https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v3/query_service.proto>

mod params;
mod summary;

use axum::Router;
use axum::extract::{Path, Query as Params, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use serde::Serialize;
use serde_json::json;

use super::envelope::{ApiError, Pairs, is_pretty, json as json_answer, to_json};
use super::ids;
use crate::model::SpanKind;
use crate::otlp::{Malformed, TracesJson};
use crate::query::{Query, Trace};
use crate::store::ReadError;
use params::{is_raw, parse_search, text};
use summary::TraceSummary;

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
        let headers = [
            (CONTENT_TYPE, "text/plain; charset=utf-8"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        (self.0.status, headers, format!("{error}\n")).into_response()
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
    let kind = text(&pairs, "spanKind").and_then(|kind| SpanKind::from_name(&kind));
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
    let raw = is_raw(&pairs)?;
    let id = ids::parse(&id).map_err(|reason| {
        ApiError::bad_request(format!("malformed parameter trace_id: {reason}"))
    })?;
    let found = match id {
        Some(id) => query.trace(id).await?,
        None => None,
    };
    answer_traces(found.into_iter().collect(), raw, is_pretty(&pairs)).await
}

async fn traces(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    let raw = is_raw(&pairs)?;
    let found = query.search(parse_search(&pairs)?).await?;
    answer_traces(found, raw, is_pretty(&pairs)).await
}

async fn summaries(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    #[derive(Serialize)]
    struct Summaries {
        summaries: Vec<TraceSummary>,
    }

    let found = query.search(parse_search(&pairs)?).await?;
    let pretty = is_pretty(&pairs);
    let write = move || -> Result<_, Malformed> {
        let summaries = found.iter().map(TraceSummary::of);
        let summaries = summaries.collect::<Result<_, _>>()?;
        Ok(to_json(&Summaries { summaries }, pretty))
    };
    let task = tokio::task::spawn_blocking(write);
    let body = task.await.map_err(|_| ReadError::Closed)?;
    Ok(json_answer(body.map_err(ApiError::internal)?))
}

/// Writes all traces as one list of `resourceSpans`, on a thread that may take its time.
async fn answer_traces(traces: Vec<Trace>, raw: bool, pretty: bool) -> Result<Response, V3Error> {
    #[derive(Serialize)]
    struct Answer<'a> {
        result: TracesJson<'a>,
    }

    if traces.is_empty() {
        return Err(V3Error(ApiError {
            status: StatusCode::NOT_FOUND,
            message: "No traces found".to_owned(),
        }));
    }
    let write = move || -> Result<_, Malformed> {
        let spans = traces.iter().map(|trace| trace.spans_as(raw));
        let spans: Vec<_> = spans.collect::<Result<_, _>>()?;
        let result = TracesJson::new(spans.iter().flatten());
        Ok(to_json(&Answer { result }, pretty))
    };
    let task = tokio::task::spawn_blocking(write);
    let body = task.await.map_err(|_| ReadError::Closed)?;
    Ok(json_answer(body.map_err(ApiError::internal)?))
}
