#![doc = include_str!("../README.md")]

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
