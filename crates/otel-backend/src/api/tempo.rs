//! Grafana Tempo's query API, as far as Grafana's Tempo data source needs it.
//!
//! It is under `/tempo`, so the URL of the data source is `http://HOST:16686/tempo`. Paths that
//! Jaeger's API does not use are at the root too; there, `/api/traces/{id}` is Tempo's for clients
//! that accept protobuf.
//!
//! Spec: <https://grafana.com/docs/tempo/latest/api_docs/>

mod error;
pub(super) mod grpc;
mod label;
mod metrics;
mod params;
mod search;
mod tags;
mod trace;

use axum::Router;
use axum::response::Response;
use axum::routing::{any, get};
use serde_json::json;

use super::common::envelope::{self, json as json_answer};
use crate::query::Query;

pub(super) use trace::{accepts_protobuf, protobuf};

/// The version of Tempo whose API is implemented; Grafana asks for it to choose its requests.
const VERSION: &str = "2.9.0";

/// All routes under `/tempo`, and those that are free at the root.
pub(super) fn router() -> Router<Query> {
    let alone = Router::new()
        .route("/api/traces/{id}", get(trace::v1))
        .fallback(any(no_route));
    Router::new()
        .merge(shared())
        .nest("/tempo", alone.merge(shared()))
}

fn shared() -> Router<Query> {
    Router::new()
        .route("/api/v2/traces/{id}", get(trace::v2))
        .route("/api/search", get(search::search))
        .route("/api/metrics/query_range", get(metrics::range))
        .route("/api/metrics/query", get(metrics::instant))
        .route("/api/search/tags", get(tags::names))
        .route("/api/v2/search/tags", get(tags::names_by_scope))
        .route("/api/search/tag/{tag}/values", get(tags::values))
        .route("/api/v2/search/tag/{tag}/values", get(tags::typed_values))
        .route("/api/echo", get(|| async { "echo" }))
        .route("/api/status/buildinfo", get(build_info))
        .route("/ready", get(|| async { "ready\n" }))
}

async fn build_info() -> Response {
    let info = json!({
        "version": VERSION,
        "revision": concat!("otel-backend ", env!("CARGO_PKG_VERSION")),
    });
    json_answer(info.to_string())
}

async fn no_route() -> Response {
    envelope::no_route()
}
