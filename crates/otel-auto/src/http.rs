//! HTTP instrumentation: a tower layer for servers, and a wrapper of reqwest for clients.
//!
//! Both follow the stable semantic conventions for HTTP spans
//! (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/>): names, kinds, typed
//! attributes, status. Headers are captured only if configured by name. Spans are made with the
//! OpenTelemetry API, not through `tracing`, so no log level disables them; `tracing` spans in a
//! handler become children of the server span.
//!
//! There are no metrics. [opentelemetry-instrumentation-tower] makes them, and can be used beside
//! this layer.
//!
//! [opentelemetry-instrumentation-tower]: https://docs.rs/opentelemetry-instrumentation-tower
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

mod attributes;
#[cfg(feature = "axum")]
mod body;
mod capture;
#[cfg(feature = "reqwest")]
mod client;
#[cfg(feature = "axum")]
mod forwarded;
mod redact;
#[cfg(feature = "axum")]
mod server;
mod settings;

#[cfg(feature = "reqwest")]
pub use client::{Client, RequestBuilder};
#[cfg(feature = "axum")]
pub use server::{ResponseFuture, Server, ServerLayer};

pub(crate) use settings::Settings;
