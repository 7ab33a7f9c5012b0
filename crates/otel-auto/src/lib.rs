#![doc = include_str!("../README.md")]

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
mod settings;
mod signal;
mod subscriber;

pub use otel_env as config;

pub use console::ConsoleExporter;
pub use delivery::{CountedBatch, Delivery};
pub use guard::{Telemetry, init};
pub use propagation::{B3Propagator, JaegerPropagator};
pub use signal::shutdown_signal;
