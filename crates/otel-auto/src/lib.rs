#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "console",
        feature = "jaeger",
        feature = "logs",
        feature = "otlp-grpc",
        feature = "otlp-http",
        feature = "reqwest",
        feature = "tonic"
    )),
    allow(
        dead_code,
        unused_imports,
        reason = "each exporter and each instrumentation uses only some of the shared parts"
    )
)]

mod batch;
mod causes;
#[cfg(feature = "console")]
mod console;
mod cut;
mod delivery;
mod detect;
#[cfg(feature = "tonic")]
pub mod grpc;
mod guard;
#[cfg(any(feature = "axum", feature = "reqwest"))]
pub mod http;
#[cfg(any(feature = "axum", feature = "reqwest", feature = "tonic"))]
mod instrumentation;
#[cfg(feature = "jaeger")]
mod jaeger;
mod left;
mod missing;
#[cfg(any(feature = "otlp-grpc", feature = "otlp-http"))]
mod otlp;
mod pipeline;
mod propagation;
mod sampling;
mod settings;
mod signal;
mod stderr;
mod subscriber;

pub use otel_env as config;

#[cfg(feature = "console")]
pub use console::ConsoleExporter;
pub use delivery::{CountedBatch, Delivery};
pub use guard::{Telemetry, init};
pub use propagation::{B3Propagator, JaegerPropagator};
pub use signal::shutdown_signal;
