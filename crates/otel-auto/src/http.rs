//! HTTP instrumentation: a [`tower`] layer for servers and a wrapper of [`reqwest`] for clients.
//!
//! Both follow the stable semantic conventions for HTTP spans
//! (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/>): names, kinds, attributes with
//! their types, status. No header is captured unless it is asked for by name. They speak to the OpenTelemetry API, not through
//! `tracing`, so no log level switches them off; `tracing` spans in a handler nest under the
//! server span.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let app: Router = Router::new()
//!     .route("/hello", get(|| async { "hello" }))
//!     .layer(otel_auto::http::ServerLayer::new());
//!
//! let client = otel_auto::http::Client::new(reqwest::Client::new());
//! let answer = client.get("http://127.0.0.1:8082/hello").send().await?;
//! # Ok(())
//! # }
//! ```

mod address;
mod attributes;
mod body;
mod capture;
mod client;
mod environment;
mod forwarded;
mod intern;
mod redact;
mod server;
mod span;
mod tracer;

pub use client::{Client, RequestBuilder};
pub use server::{ResponseFuture, Server, ServerLayer};

pub(crate) use environment::Environment;
