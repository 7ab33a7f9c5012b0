//! OTLP's JSON, in both directions.
//!
//! It differs from protobuf's JSON mapping in two ways: ids are hexadecimal, and enums are numbers.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

mod decode;
mod dialect;
mod encode;
mod logs;
mod shape;

pub use decode::{decode_json, decode_json_lines, decode_resource_spans};
pub use dialect::Dialect;
pub use encode::{AttributeJson, TracesJson, events_json, links_json, write_resource_spans};
pub use logs::{LogJson, LogsJson, decode_json_logs};
