//! The query APIs: Jaeger's old one and v3, Tempo's, and Jaeger's over gRPC.
//!
//! Only this module knows their shapes. Handlers read parameters, ask [`Query`], and write the
//! answer; what may be large is written by a thread that may block, while it is sent.

mod answer;
mod envelope;
mod fields;
mod go;
pub mod grpc;
mod ids;
pub(crate) mod jaeger;
mod outlet;
mod pairs;
mod tempo;
mod trace_response;
mod v3;

use axum::Router;
use axum::response::Response;
use axum::routing::any;
use http::StatusCode;

use crate::query::Query;

/// All routes under `/api`.
pub fn router(query: Query) -> Router {
    Router::new()
        .route("/api/", any(no_route))
        .nest("/api/v3", v3::router().fallback(no_route))
        .nest("/api", jaeger::router().fallback(no_route))
        .merge(tempo::router())
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn(trace_response::add))
        .with_state(query)
}

async fn wrong_method() -> Response {
    envelope::http_error(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
}

async fn no_route() -> Response {
    envelope::http_error(StatusCode::NOT_FOUND, "404 page not found")
}
