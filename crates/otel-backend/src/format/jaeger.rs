//! Jaeger's model, in both directions, and its JSON.
//!
//! `jaeger_wire` reads and writes the bytes of Thrift and protobuf; this module converts between
//! its structs and the model. Decoding follows the OpenTelemetry Collector's translator, encoding
//! follows OpenTelemetry's mapping to Jaeger.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/>

mod decode;
mod encode;
mod json;
mod status;

pub use decode::{POST_SPANS, from_proto, from_thrift};
pub use encode::to_proto;
pub use json::{Detail, Form, Warn, decode_trace, short_id, write_trace};
