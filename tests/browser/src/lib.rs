//! Drives the trace page in Chromium; shared by its tests and the measurement of its speed.
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
//! `close` saves a picture under `artifacts/`. It fails if the page reported an error (a broken
//! script, or something that the Content-Security-Policy refused), or if its current state is not
//! accessible: too little contrast, no name for a screen reader, no access by keyboard.

mod audit;
mod backend;
mod browser;
mod commands;
mod log;
mod memory;
pub mod proxy;
mod span;

pub use backend::Backend;
pub use browser::{Browser, View};
pub use log::Log;
pub use span::Span;
