//! Jaeger's v3 API, `/api/v3/…`, used by the search page of its UI. Its traces are OTLP.
//!
//! Spec: <https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v3/query_service.proto>

mod params;

use std::iter;

use axum::Router;
use axum::extract::{Path, Query as Params, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use serde_json::json;

use super::common::answer::{self, Json};
use super::common::envelope::{ApiError, http_error};
use super::common::ids;
use super::common::pairs::{Pairs, is_pretty};
use super::common::summary::TraceSummary;
use crate::format::otlp::{Dialect, write_resource_spans};
use crate::model::SpanKind;
use crate::query::{Lookup, Missing, Query, Trace};
use crate::store::ReadError;
use params::{check_hints, is_raw, parse_search, text};

/// A failed request: an [`ApiError`] in this API's format.
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
    let answer = answer::json(is_pretty(&pairs), move |json, _| {
        let services = query.services()?;
        json.object(|answer| Ok(answer.member("services")?.value(&services)?))
    });
    Ok(answer.await?)
}

async fn operations(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    let service = text(&pairs, "service").unwrap_or_default();
    let kind = text(&pairs, "spanKind");
    let answer = answer::json(is_pretty(&pairs), move |json, _| {
        let operations = query.operations(&service, kind.as_deref())?;
        json.object(|answer| {
            answer.member("operations")?.list(|list| {
                operations.iter().try_for_each(|operation| {
                    let kind = match operation.kind {
                        SpanKind::Unspecified => SpanKind::Internal,
                        kind => kind,
                    };
                    let operation = json!({ "name": operation.name, "spanKind": kind.as_str() });
                    Ok(list.entry()?.value(&operation)?)
                })
            })
        })
    });
    Ok(answer.await?)
}

async fn trace(
    State(query): State<Query>,
    Path(id): Path<String>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    let id = ids::parse_path(&id).map_err(|reason| {
        ApiError::bad_request(format!("malformed parameter trace_id: {reason}"))
    })?;
    check_hints(&pairs)?;
    let raw = is_raw(&pairs, "rawTraces")?;
    let pretty = is_pretty(&pairs);
    let answer = answer::json(pretty, move |json, _| match query.find(&id)? {
        Lookup::Found(trace) => write(json, iter::once(Ok(trace)), raw),
        Lookup::Missing(why) => Err(nothing_found(&why)),
    });
    Ok(answer.await?)
}

async fn traces(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    let search = parse_search(&pairs)?;
    let raw = is_raw(&pairs, "query.rawTraces")?;
    let answer = answer::json(is_pretty(&pairs), move |json, patience| {
        let hits = query.search(&search, patience)?;
        if hits.is_empty() {
            return Err(nothing_found(&Missing::Unknown));
        }
        write(json, query.traces(hits), raw)
    });
    Ok(answer.await?)
}

fn nothing_found(why: &Missing) -> ApiError {
    ApiError {
        status: StatusCode::NOT_FOUND,
        message: format!("No traces found{why}"),
    }
}

async fn summaries(
    State(query): State<Query>,
    Params(pairs): Params<Pairs>,
) -> Result<Response, V3Error> {
    let search = parse_search(&pairs)?;
    // A summary is always of the adjusted trace; the parameter must only be valid.
    is_raw(&pairs, "query.rawTraces")?;
    let answer = answer::json(is_pretty(&pairs), move |json, patience| {
        let hits = query.search(&search, patience)?;
        json.object(|answer| {
            answer.member("summaries")?.list(|list| {
                for trace in query.traces(hits) {
                    list.entry()?.value(&TraceSummary::of(&trace?)?)?;
                }
                Ok(())
            })
        })
    });
    Ok(answer.await?)
}

/// Writes all traces as one list of `resourceSpans`.
fn write(
    json: &mut Json<'_, '_>,
    traces: impl Iterator<Item = Result<Trace, ReadError>>,
    raw: bool,
) -> Result<(), ApiError> {
    json.object(|answer| {
        answer.member("result")?.object(|result| {
            result.member("resourceSpans")?.list(|list| {
                for trace in traces {
                    let trace = trace?;
                    write_resource_spans(list, Dialect::Otlp, trace.iter_as(raw, None)?)?;
                }
                Ok(())
            })
        })
    })
}
