//! The receivers: each decodes its protocol, stores spans and log records, and answers.
//!
//! A receiver knows its protocol: paths, content types, answers. [`crate::format`] decodes the
//! format, and an [`Intake`] limits, checks and stores the content. Metrics are counted and
//! dropped.

mod accepted;
mod body;
mod failure;
mod grpc;
mod intake;
pub mod jaeger_grpc;
pub mod jaeger_http;
pub mod jaeger_udp;
mod logs;
pub mod otlp_grpc;
pub mod otlp_http;
pub mod otlp_metrics;
mod refusal;
pub mod zipkin;

pub use body::TIME;
pub use failure::LastFailure;
pub use intake::{Intake, Intakes};
pub use refusal::Why;
