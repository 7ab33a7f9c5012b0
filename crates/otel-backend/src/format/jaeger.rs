//! Jaeger's model, both ways, and its JSON.
//!
//! The bytes of Thrift and protobuf are read and written by `jaeger_wire`; here its structs become
//! spans of the model, and spans become its structs. The way in follows the OpenTelemetry
//! Collector's translator, the way out OpenTelemetry's mapping to Jaeger.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/>

mod decode;
mod encode;
mod json;
mod status;

pub use decode::{POST_SPANS, from_proto, from_thrift};
pub use encode::to_proto;
pub use json::{Detail, Form, Warn, decode_trace, short_id, write_trace};
