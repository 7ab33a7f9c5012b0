//! OpenTelemetry tracing for a program in one line: all else comes from the environment.
//!
//! ```no_run
//! let telemetry = telemetry::init();
//! // … work …
//! telemetry.shutdown();
//! ```
//!
//! For programs that set up the SDK by hand there are the parts: [`ConsoleExporter`],
//! [`Delivery`], and the instrumentation in [`http`].

pub mod config;
mod console;
mod cut;
mod delivery;
mod guard;
pub mod http;
mod jaeger;
mod otlp;
mod pipeline;
mod propagation;
mod sampling;
mod signal;
mod subscriber;

pub use console::ConsoleExporter;
pub use delivery::{CountedBatch, Delivery};
pub use guard::{Telemetry, init};
pub use propagation::{B3Propagator, JaegerPropagator};
pub use signal::shutdown_signal;
