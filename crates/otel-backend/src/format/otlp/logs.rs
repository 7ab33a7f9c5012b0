//! OTLP's logs in protobuf: conversion to records, and back.
//!
//! `ExportLogsServiceRequest` and `LogsData` have the same bytes, with resources and scopes as in
//! traces, so [`groups`](super::groups) splits both.
//!
//! Spec: <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto>

mod decode;
mod encode;
mod entry;
mod fields;

#[cfg(test)]
mod tests;

pub use decode::{DecodedLogs, IncomingLog, LogGroup, decode_logs, log_groups, severity_of};
pub use encode::encode_log_rest;
pub use entry::{LogEntry, write_log, write_log_rest};
pub(crate) use fields::{ATTRIBUTES as LOG_ATTRIBUTES, BODY as LOG_BODY};
pub use fields::{EXPORT_LOGS_REQUEST, LOG_RECORD};
