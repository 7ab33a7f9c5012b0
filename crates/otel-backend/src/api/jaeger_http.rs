//! Jaeger's old API, `/api/…`, used by the trace page of its UI and by Grafana.
//!
//! Spec: <https://www.jaegertracing.io/docs/latest/architecture/apis/#query-json-over-http>

mod metrics;
mod params;
mod services;
mod traces;

use axum::Router;
use axum::extract::{Path, Query as Params, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;
use serde::Serialize;

use super::common::answer;
use super::common::envelope::{self, ApiError};
use super::common::ids;
use super::common::pairs::{Pairs, is_pretty, text};
use crate::model::UnixNanos;
use crate::query::{CountingTurn, Query};
use params::{check_hints, parse_window};
pub(super) use traces::trace;

pub(super) fn router() -> Router<Query> {
    Router::new()
        .route("/traces", get(traces::search))
        .route("/services", get(services::services))
        .route("/services/{*service}", get(services::service_operations))
        .route("/operations", get(services::operations))
        .route("/dependencies", get(dependencies))
        .route("/transform", post(traces::transform))
        .route("/archive/{id}", post(archive))
        .route("/metrics/{kind}", get(metrics::metrics))
}

/// The number of calls from one service to another.
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
    let (from, to) = parse_window(&pairs, UnixNanos::now())?;
    let service = text(&pairs, "service");
    let turn = CountingTurn::wait().await?;
    answer::json(is_pretty(&pairs), move |json, patience| {
        let calls = query.dependencies(&turn, from, to, patience)?;
        drop(turn);
        let touches = |name: &str| service.as_deref().is_none_or(|service| service == name);
        let links: Vec<_> = calls
            .into_iter()
            .filter(|((parent, child), _)| touches(parent) || touches(child))
            .map(|((parent, child), call_count)| DependencyJson {
                parent,
                child,
                call_count,
            })
            .collect();
        envelope::write(json, 0, &[], |data| Ok(data.value(&links)?))
    })
    .await
}

/// There is no archive: traces are kept as long as there is room.
async fn archive(Path(id): Path<String>, Params(pairs): Params<Pairs>) -> ApiError {
    let checked = ids::parse_path(&id)
        .map_err(ApiError::bad_request)
        .and_then(|_| check_hints(&pairs));
    checked.err().unwrap_or_else(|| ApiError {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        message: "archive span storage was not configured".to_owned(),
    })
}
