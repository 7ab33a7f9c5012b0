//! The trace page in Chromium: what its tests and the measurement of its speed share.
//!
//! A test starts the real otel-backend on ports of its own, sends it spans over OTLP, and drives
//! Debian's Chromium through chromedriver:
//!
//! ```no_run
//! # async fn example() {
//! use browser_tests::{Backend, Browser, Span, View};
//!
//! let backend = Backend::start();
//! let trace = backend.send(&[Span::new(1, "shop", "GET /cart").lasting(30)]);
//! let page = Browser::open(View::Wide).await;
//! page.go(&format!("{}/trace/{trace}", backend.url())).await;
//! assert_eq!(page.text(".title .operation").await, "GET /cart");
//! page.close("a_trace").await;
//! # }
//! ```
//!
//! `close` keeps a picture under `artifacts/` and fails if the page reported an error: a script
//! that broke, or something that the Content-Security-Policy refused.

mod backend;
mod browser;
mod commands;
mod lines;
mod memory;
mod span;

pub use backend::Backend;
pub use browser::{Browser, View};
pub use span::Span;
