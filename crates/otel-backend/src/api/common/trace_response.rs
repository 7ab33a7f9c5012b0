//! The header `traceresponse`, which tells a client the trace id of its request.
//!
//! The id is that of the client's own trace, or a new one. No span is recorded, which the flags
//! tell.
//!
//! Spec: <https://w3c.github.io/trace-context/#traceresponse-header>

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};

const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");

pub(in crate::api) async fn add(request: Request, next: Next) -> Response {
    let trace_id = caller(request.headers());
    let trace_id = trace_id.unwrap_or_else(|| format!("{:016x}{:016x}", random(), random()));
    let value = HeaderValue::try_from(format!("00-{trace_id}-{:016x}-00", random()));
    let mut response = next.run(request).await;
    if let Ok(value) = value {
        response.headers_mut().insert(TRACE_RESPONSE, value);
    }
    response
}

/// The trace id of a valid `traceparent`.
fn caller(headers: &HeaderMap) -> Option<String> {
    let parent = headers.get("traceparent")?.to_str().ok()?;
    let id = parent.strip_prefix("00-")?.split('-').next()?;
    let is_id = id.len() == 32
        && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && id.bytes().any(|b| b != b'0');
    is_id.then(|| id.to_owned())
}

/// A random number that is not zero.
fn random() -> u64 {
    static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    SEED.hash_one(COUNT.fetch_add(1, Ordering::Relaxed)).max(1)
}
