//! Prints each log record as JSON, like the Python SDK's console exporter.

use std::io;

use opentelemetry::KeyValue;
use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::trace::{SpanId, TraceFlags, TraceId};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter, SdkLogRecord};

use super::json::JsonWriter;
use super::output::Output;
use super::parts::{sorted, utc, write_attributes};

/// An exporter that writes each log record as indented JSON, with the ids of the span it belongs
/// to.
#[derive(Debug)]
pub(crate) struct ConsoleLogExporter {
    output: Output,
    resource: Vec<KeyValue>,
}

impl ConsoleLogExporter {
    /// Writes to the standard output.
    pub(crate) fn stdout() -> Self {
        Self {
            output: Output::new(io::stdout()),
            resource: Vec::new(),
        }
    }
}

impl LogExporter for ConsoleLogExporter {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let records = batch.iter();
        let texts = records.map(|(record, _)| to_json(record, &self.resource) + "\n");
        self.output.write(&texts.collect::<String>())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = sorted(resource);
    }
}

fn to_json(record: &SdkLogRecord, resource: &[KeyValue]) -> String {
    let context = record.trace_context();
    let trace_id = context.map_or(TraceId::INVALID, |context| context.trace_id);
    let span_id = context.map_or(SpanId::INVALID, |context| context.span_id);
    let flags = context.and_then(|context| context.trace_flags);
    let time = record.timestamp().or(record.observed_timestamp());
    let mut json = JsonWriter::new();
    json.object(|json| {
        json.key("body");
        match record.body() {
            Some(body) => write_value(json, body),
            None => json.null(),
        }
        json.key("severity_number").string(&severity(record));
        json.key("severity_text")
            .string(record.severity_text().unwrap_or_default());
        json.key("attributes");
        json.object(|json| {
            for (key, value) in record.attributes_iter() {
                json.key(key.as_str());
                write_value(json, value);
            }
        });
        json.key("timestamp");
        match time {
            Some(time) => json.string(&utc(time)),
            None => json.null(),
        }
        json.key("trace_id").string(&format!("0x{trace_id}"));
        json.key("span_id").string(&format!("0x{span_id}"));
        json.key("trace_flags")
            .integer(flags.map_or(0, |flags: TraceFlags| i64::from(flags.to_u8())));
        json.key("resource");
        write_attributes(json, resource);
    });
    json.into_string()
}

/// The `repr` of Python's `SeverityNumber`.
fn severity(record: &SdkLogRecord) -> String {
    let number = record.severity_number();
    let name = number.as_ref().map_or("UNSPECIFIED", Severity::name);
    format!(
        "<SeverityNumber.{name}: {}>",
        number.map_or(0, |number| number as i32)
    )
}

fn write_value(json: &mut JsonWriter, value: &AnyValue) {
    match value {
        AnyValue::Int(value) => json.integer(*value),
        AnyValue::Double(value) => json.float(*value),
        AnyValue::String(value) => json.string(value.as_str()),
        AnyValue::Boolean(value) => json.bool(*value),
        AnyValue::ListAny(values) => json.array(values, write_value),
        AnyValue::Map(values) => json.object(|json| {
            for (key, value) in values.iter() {
                json.key(key.as_str());
                write_value(json, value);
            }
        }),
        AnyValue::Bytes(bytes) => json.string(&String::from_utf8_lossy(bytes)),
        other => json.string(&format!("{other:?}")),
    }
}
