//! OTLP traces and logs, in protobuf and JSON: conversion to the model, and back. Metrics are only
//! counted.
//!
//! Exporters send the same protobuf bytes that the store keeps, so one reader and one writer serve
//! both. They are written by hand, since a received span can then be read in place: no text is
//! copied, an unreadable span does not affect the others, and nothing is decoded twice. Tests
//! compare both with the generated messages of `opentelemetry-proto`.
//!
//! `ExportTraceServiceRequest` and `TracesData` have the same bytes: field 1 holds `ResourceSpans`.
//!
//! Spec: <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto>

mod answer;
mod decode;
mod encode;
pub(crate) mod fields;
mod groups;
mod json;
mod logs;
mod metrics;
mod outline;
mod regroup;
mod spans;

#[cfg(test)]
mod tests;

pub use answer::{
    Encoding, Partial, Signal, export_response, read_export_response, read_status, status,
};
pub use decode::decode_value;
pub use encode::{encode_resource, encode_scope, encode_span};
pub use fields::{EXPORT_REQUEST, RESOURCE, SCOPE, SPAN};
pub use groups::{Group, ResourceScope, groups, write_groups};
pub use json::{
    AttributeJson, Dialect, LogJson, LogsJson, TracesJson, decode_json, decode_json_lines,
    decode_json_logs, decode_resource_spans, events_json, links_json, write_resource_spans,
};
pub use logs::{
    DecodedLogs, EXPORT_LOGS_REQUEST, IncomingLog, LOG_RECORD, LogEntry, LogGroup, decode_logs,
    encode_log_rest, log_groups, severity_of, write_log, write_log_rest,
};
pub(crate) use logs::{LOG_ATTRIBUTES, LOG_BODY};
pub use metrics::{MetricsOutline, read_metrics, read_metrics_json};
pub use outline::Outline;
pub use regroup::traces_data;
pub use spans::{SpanGroup, decode_traces, span_groups};

pub use super::protobuf::Malformed;
