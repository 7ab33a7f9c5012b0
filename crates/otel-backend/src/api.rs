//! The query APIs over HTTP.
//!
//! Only this module knows the JSON of Jaeger's APIs. Handlers read parameters, ask
//! [`Query`], and write the answer; rendering happens on the thread that read the store.

mod duration;
mod envelope;
mod ids;
mod jaeger;
mod params;
mod trace_json;
mod v3;

use axum::Router;
use http::StatusCode;

use crate::query::Query;

/// All routes under `/api`.
pub fn router(query: Query) -> Router {
    let unknown = || async { (StatusCode::NOT_FOUND, "404 page not found\n") };
    Router::new()
        .nest("/api/v3", v3::router().fallback(unknown))
        .nest("/api", jaeger::router().fallback(unknown))
        .with_state(query)
}
