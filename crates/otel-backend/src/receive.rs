//! The receivers: each decodes its protocol, hands the spans over, and answers.
//!
//! Only this module and [`crate::otlp`] know wire formats. Every protocol comes down to
//! [`UncheckedSpan`](crate::model::UncheckedSpan)s, which are checked in one place, and to an
//! [`Intake`], which stores them.

mod body;
mod budget;
mod failure;
pub(crate) mod grpc;
mod intake;
pub(crate) mod jaeger;
pub mod jaeger_grpc;
pub mod jaeger_http;
pub mod jaeger_udp;
pub mod otlp_grpc;
pub mod otlp_http;
mod refusal;
mod shared;
mod tags;
mod weight;
pub mod zipkin;

pub use budget::Budget;
pub use failure::LastFailure;
pub use intake::Intake;
