//! Jaeger's old API, `/api/…`, which its UI's trace page and Grafana use.
//!
//! Spec: <https://www.jaegertracing.io/docs/latest/architecture/apis/#query-json-over-http>

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query as Params, State};
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::envelope::{ApiError, Envelope, Pairs, Problem, is_pretty, json, to_json};
use super::ids;
use super::params::{Traces, first, is_raw, parse_traces, parse_window, text};
use super::trace_json::TraceJson;
use crate::model::{SpanKind, TraceId, UnixNanos};
use crate::otlp;
use crate::query::{Query, Trace};
use crate::store::ReadError;

/// The largest file that can be shown without being stored, in bytes.
const MAX_FILE: usize = 64 * 1024 * 1024;

pub(super) fn router() -> Router<Query> {
    Router::new()
        .route("/traces", get(traces))
        .route("/traces/{id}", get(trace))
        .route("/services", get(services))
        .route("/services/{*service}", get(service_operations))
        .route("/operations", get(operations))
        .route("/dependencies", get(dependencies))
        .route(
            "/transform",
            post(transform).layer(DefaultBodyLimit::max(MAX_FILE)),
        )
        .route("/archive/{id}", post(archive))
        .route("/metrics/{kind}", get(metrics))
}

async fn trace(
    State(query): State<Query>,
    Path(id): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let style = Style::of(&pairs)?;
    let id = ids::parse(&id).map_err(ApiError::bad_request)?;
    let trace = load(&query, id).await?;
    let trace = trace.ok_or_else(ApiError::trace_not_found)?;
    render(vec![trace], style, Vec::new()).await
}

async fn traces(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let style = Style::of(&pairs)?;
    match parse_traces(&pairs, UnixNanos::now())? {
        Traces::Matching(search) => {
            let found = query.search(search).await?;
            render(found, style, Vec::new()).await
        }
        Traces::ById(wanted) => {
            let mut found = Vec::new();
            let mut missing = Vec::new();
            for id in wanted {
                match load(&query, id).await? {
                    Some(trace) => found.push(trace),
                    None => missing.push(Problem::trace_not_found(id)),
                }
            }
            render(found, style, missing).await
        }
    }
}

async fn load(query: &Query, id: Option<TraceId>) -> Result<Option<Trace>, ApiError> {
    match id {
        Some(id) => Ok(query.trace(id).await?),
        None => Ok(None),
    }
}

async fn services(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let services: Vec<_> = query.services().await?.into_iter().collect();
    Ok(json(to_json(
        &Envelope::counted(services),
        is_pretty(&pairs),
    )))
}

/// `/services/{service}/operations`, where the name of the service may hold slashes: Grafana does not
/// escape them.
async fn service_operations(
    State(query): State<Query>,
    Path(rest): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let Some(service) = rest.strip_suffix("/operations") else {
        return Err(ApiError::not_found());
    };
    // Jaeger decodes the name twice, and clients escape it so.
    let service = percent_decode_str(service).decode_utf8_lossy().into_owned();
    let operations = query.operations(service, None).await?;
    let mut names: Vec<_> = operations.into_iter().map(|o| o.name).collect();
    names.dedup();
    Ok(json(to_json(&Envelope::counted(names), is_pretty(&pairs))))
}

/// An operation of a service.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OperationJson {
    name: String,
    span_kind: &'static str,
}

async fn operations(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let service = text(&pairs, "service")
        .ok_or_else(|| ApiError::bad_request("parameter 'service' is required"))?;
    let kind = first(&pairs, "spanKind").and_then(SpanKind::from_name);
    let operations = query.operations(service, kind).await?;
    let operations: Vec<_> = operations
        .into_iter()
        .map(|operation| OperationJson {
            name: operation.name,
            span_kind: operation.kind.as_str(),
        })
        .collect();
    Ok(json(to_json(
        &Envelope::counted(operations),
        is_pretty(&pairs),
    )))
}

/// How often a service calls another.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DependencyJson {
    parent: String,
    child: String,
    call_count: u64,
}

async fn dependencies(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, ApiError> {
    let window = parse_window(&pairs, UnixNanos::now())?;
    let service = text(&pairs, "service");
    let touches = |name: &str| service.as_deref().is_none_or(|service| service == name);
    let calls = query.dependencies(window.from, window.to).await?;
    let links: Vec<_> = calls
        .into_iter()
        .filter(|((parent, child), _)| touches(parent) || touches(child))
        .map(|((parent, child), call_count)| DependencyJson {
            parent,
            child,
            call_count,
        })
        .collect();
    Ok(json(to_json(&Envelope::new(links), is_pretty(&pairs))))
}

/// Shows spans that are not in the store: a file of OTLP JSON, or of a message a line.
async fn transform(Params(pairs): Params<Pairs>, body: Bytes) -> Result<Response, ApiError> {
    let pretty = is_pretty(&pairs);
    let task = tokio::task::spawn_blocking(move || {
        let traces = otlp::decode_json_lines(&body)
            .map_err(|reason| ApiError::bad_request(format!("cannot unmarshal OTLP : {reason}")))?;
        let mut spans: Vec<_> = traces.flatten().map(|incoming| incoming.span).collect();
        spans.sort_by_key(|span| span.trace_id);
        let traces = spans.chunk_by(|a, b| a.trace_id == b.trace_id);
        let data: Vec<_> = traces.filter_map(TraceJson::of).collect();
        Ok(json(to_json(&Envelope::new(data), pretty)))
    });
    task.await.map_err(|_| ReadError::Closed)?
}

/// There is no archive: what is in the store is kept as long as it fits.
async fn archive() -> ApiError {
    ApiError {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        message: "archive span storage was not configured".to_owned(),
    }
}

async fn metrics() -> ApiError {
    ApiError {
        status: StatusCode::NOT_IMPLEMENTED,
        message: "trace metrics are currently disabled - no metrics backend configured".to_owned(),
    }
}

/// How traces are shown.
#[derive(Debug, Clone, Copy)]
struct Style {
    /// As they were sent, spans that came twice included.
    raw: bool,
    /// For people.
    pretty: bool,
}

impl Style {
    fn of(pairs: &Pairs) -> Result<Self, ApiError> {
        Ok(Self {
            raw: is_raw(pairs)?,
            pretty: is_pretty(pairs),
        })
    }
}

/// Writes traces on a thread that may take its time.
async fn render(
    traces: Vec<Trace>,
    style: Style,
    missing: Vec<Problem>,
) -> Result<Response, ApiError> {
    let task = tokio::task::spawn_blocking(move || write(&traces, style, missing));
    let body = task.await.map_err(|_| ReadError::Closed)??;
    Ok(json(body))
}

fn write(traces: &[Trace], style: Style, missing: Vec<Problem>) -> Result<Vec<u8>, ApiError> {
    let spans: Vec<_> = traces
        .iter()
        .map(|trace| trace.spans_as(style.raw))
        .collect::<Result<_, _>>()
        .map_err(ApiError::internal)?;
    let data: Vec<_> = spans
        .iter()
        .filter_map(|spans| TraceJson::of(spans))
        .collect();
    let envelope = Envelope::new(data).with_errors(missing);
    Ok(to_json(&envelope, style.pretty))
}

impl Problem {
    fn trace_not_found(id: Option<TraceId>) -> Self {
        Self {
            code: None,
            msg: "trace not found".to_owned(),
            trace_id: Some(id.map_or_else(|| "0".repeat(16), ids::short)),
        }
    }
}
