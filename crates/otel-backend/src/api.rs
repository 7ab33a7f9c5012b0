//! The query APIs: Jaeger's old one and v3, Tempo's, both over gRPC, our own for log records, and
//! one for agents (MCP).
//!
//! Handlers read parameters, ask [`Query`], and write the answer. Large answers are written while
//! they are sent, by a thread that may block. The APIs do not use each other; shared parts are in
//! `common`.

mod common;
mod jaeger_grpc;
mod jaeger_http;
mod jaeger_v3;
mod logs;
mod mcp;
mod tempo;

use axum::Router;
use axum::extract::{Path, Query as Params, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use http::{HeaderMap, StatusCode};

use crate::query::Query;
pub use common::admission::Client;
use common::pairs::Pairs;
use common::{envelope, trace_response};

/// All routes under `/api`, and `/mcp`. Agents see secrets if `show_secrets` is set.
pub fn router(query: Query, show_secrets: bool) -> Router {
    Router::new()
        .route("/api/", any(no_route))
        .route("/api/traces/{id}", get(trace))
        .nest("/api/v3", jaeger_v3::router().fallback(no_route))
        .nest("/api", jaeger_http::router().fallback(no_route))
        .merge(tempo::router())
        .merge(logs::router())
        .merge(mcp::router(show_secrets))
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn(trace_response::add))
        .with_state(query)
}

/// The gRPC services that are served on the port of the HTTP API, because Grafana knows only one
/// port.
pub fn streaming_router(query: Query) -> Router {
    tempo::grpc::router(query)
}

/// All services over gRPC.
pub async fn grpc_router(query: Query) -> Router {
    jaeger_grpc::router(query.clone(), tempo::grpc::DESCRIPTORS)
        .await
        .merge(streaming_router(query))
}

/// Jaeger and Tempo use the same path; a client that accepts protobuf gets Tempo's answer.
async fn trace(
    State(query): State<Query>,
    Path(id): Path<String>,
    Params(pairs): Params<Pairs>,
    headers: HeaderMap,
) -> Response {
    if tempo::accepts_protobuf(&headers) {
        tempo::protobuf(query, &id, &pairs).await
    } else {
        jaeger_http::trace(query, &id, &pairs).await.into_response()
    }
}

async fn wrong_method() -> Response {
    envelope::http_error(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}

async fn no_route() -> Response {
    envelope::no_route()
}
