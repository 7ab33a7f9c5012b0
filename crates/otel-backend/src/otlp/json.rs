//! OTLP's JSON encoding: reading and writing.
//!
//! It differs from protobuf's usual JSON in two things: ids are hexadecimal, and enums are numbers.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

mod decode;
mod shape;

pub use decode::decode_json;
