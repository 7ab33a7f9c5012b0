//! The server of the tests.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::Redirect;
use axum::routing::{any, get};
use http_body::Frame;
use otel_auto::http::ServerLayer;

pub(crate) fn app() -> Router {
    Router::new()
        .route(
            "/users/{id}",
            get(async |path: axum::extract::Path<String>| format!("user {}", path.0)),
        )
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/any", any(async || "anything"))
        .route("/moved", get(async || Redirect::temporary("/any")))
        .route("/headers", get(header_names))
        .route("/nested", get(nested))
        .route("/silent", get(std::future::pending::<()>))
        .route("/panic", get(panics))
        .route("/body/fails", get(async || Body::new(Chunks::ThenFail)))
        .route("/body/endless", get(async || Body::new(Chunks::Endless)))
        .layer(ServerLayer::new())
        .route(
            "/proxied/any",
            any(async || "anything").layer(ServerLayer::new().behind_proxy()),
        )
}

#[expect(clippy::panic, reason = "this handler is here to panic")]
async fn panics() -> &'static str {
    panic!("on purpose")
}

/// A body that sends its first chunk and nothing after it.
enum Chunks {
    ThenFail,
    Failing,
    Endless,
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let chunk = Frame::data(Bytes::from_static(b"chunk"));
        match *self {
            Self::ThenFail => *self = Self::Failing,
            Self::Failing => return Poll::Ready(Some(Err(std::io::ErrorKind::Other.into()))),
            Self::Endless => {}
        }
        Poll::Ready(Some(Ok(chunk)))
    }
}

async fn header_names(headers: HeaderMap) -> String {
    let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    names.join(",")
}

async fn nested() {
    tracing::info_span!("inner").in_scope(|| {});
}
