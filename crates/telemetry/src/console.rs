//! Prints each span as JSON, one object per span, as the Python SDK's console exporter does.

mod json;

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use jiff::{Timestamp, Unit};
use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceState};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use json::JsonWriter;

/// Resource attributes that come first, as in the Python SDK; the rest follow in order of key.
const FIRST_RESOURCE_KEYS: [&str; 3] = [
    "telemetry.sdk.language",
    "telemetry.sdk.name",
    "telemetry.sdk.version",
];

/// Writes each finished span as indented JSON.
///
/// The shape is that of the Python SDK's `ConsoleSpanExporter` (1.12): `0x` ids, `SpanKind.…`
/// names, times in UTC with microseconds, a flat resource, everything outside ASCII escaped.
/// An object is written whole: spans of several threads do not mix.
///
/// A reader that has gone away (a broken pipe) is no error.
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// let provider = SdkTracerProvider::builder()
///     .with_simple_exporter(telemetry::ConsoleExporter::stdout())
///     .build();
/// ```
pub struct ConsoleExporter {
    output: Mutex<Box<dyn Write + Send>>,
    resource: Vec<KeyValue>,
}

impl ConsoleExporter {
    /// Writes to the standard output.
    pub fn stdout() -> Self {
        Self::to(io::stdout())
    }

    /// Writes to `output`.
    pub fn to(output: impl Write + Send + 'static) -> Self {
        Self {
            output: Mutex::new(Box::new(output)),
            resource: Vec::new(),
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.write_all(text.as_bytes())?;
        output.flush()
    }
}

impl fmt::Debug for ConsoleExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleExporter").finish_non_exhaustive()
    }
}

impl SpanExporter for ConsoleExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut text = String::new();
        for span in &batch {
            text.push_str(&to_json(span, &self.resource));
            text.push('\n');
        }
        match self.write(&text) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(
                OTelSdkError::InternalFailure(format!("cannot write to the console: {error}")),
            ),
            _ => Ok(()),
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        let mut attributes: Vec<_> = resource
            .iter()
            .map(|(key, value)| KeyValue::new(key.clone(), value.clone()))
            .collect();
        attributes.sort_by(|a, b| resource_rank(a).cmp(&resource_rank(b)));
        self.resource = attributes;
    }
}

fn resource_rank(attribute: &KeyValue) -> (usize, &str) {
    let key = attribute.key.as_str();
    let first = FIRST_RESOURCE_KEYS.iter().position(|first| *first == key);
    (first.unwrap_or(FIRST_RESOURCE_KEYS.len()), key)
}

fn to_json(span: &SpanData, resource: &[KeyValue]) -> String {
    let mut json = JsonWriter::new();
    json.object(|json| {
        json.key("name").string(&span.name);
        json.key("context");
        write_context(json, &span.span_context);
        json.key("kind").string(kind_name(&span.span_kind));
        write_parent(json, span.parent_span_id);
        json.key("start_time").string(&utc(span.start_time));
        json.key("end_time").string(&utc(span.end_time));
        json.key("status");
        write_status(json, &span.status);
        json.key("attributes");
        write_attributes(json, &span.attributes);
        json.key("events").array(&span.events.events, write_event);
        json.key("links").array(&span.links.links, write_link);
        json.key("resource");
        write_attributes(json, resource);
    });
    json.into_string()
}

fn write_context(json: &mut JsonWriter, context: &SpanContext) {
    json.object(|json| {
        json.key("trace_id")
            .string(&format!("0x{}", context.trace_id()));
        json.key("span_id")
            .string(&format!("0x{}", context.span_id()));
        json.key("trace_state")
            .string(&trace_state_repr(context.trace_state()));
    });
}

fn write_parent(json: &mut JsonWriter, parent: SpanId) {
    json.key("parent_id");
    if parent == SpanId::INVALID {
        json.null();
    } else {
        json.string(&format!("0x{parent}"));
    }
}

fn write_status(json: &mut JsonWriter, status: &Status) {
    let (code, description) = match status {
        Status::Unset => ("UNSET", ""),
        Status::Ok => ("OK", ""),
        Status::Error { description } => ("ERROR", description.as_ref()),
    };
    json.object(|json| {
        json.key("status_code").string(code);
        if !description.is_empty() {
            json.key("description").string(description);
        }
    });
}

/// Writes a map. Of attributes with one key the last value counts, at the place of the first, as
/// in a Python `dict`: the Rust SDK keeps them all.
fn write_attributes(json: &mut JsonWriter, attributes: &[KeyValue]) {
    json.object(|json| {
        for (index, attribute) in attributes.iter().enumerate() {
            let same = |other: &&KeyValue| other.key == attribute.key;
            if attributes.iter().take(index).any(|other| same(&other)) {
                continue;
            }
            let last = attributes.iter().rev().find(same).unwrap_or(attribute);
            json.key(attribute.key.as_str());
            write_value(json, &last.value);
        }
    });
}

fn write_value(json: &mut JsonWriter, value: &Value) {
    match value {
        Value::Bool(value) => json.bool(*value),
        Value::I64(value) => json.integer(*value),
        Value::F64(value) => json.float(*value),
        Value::String(value) => json.string(value.as_str()),
        Value::Array(Array::Bool(values)) => json.array(values, |json, value| json.bool(*value)),
        Value::Array(Array::I64(values)) => json.array(values, |json, value| json.integer(*value)),
        Value::Array(Array::F64(values)) => json.array(values, |json, value| json.float(*value)),
        Value::Array(Array::String(values)) => {
            json.array(values, |json, value| json.string(value.as_str()));
        }
        other => json.string(&other.to_string()),
    }
}

fn write_event(json: &mut JsonWriter, event: &Event) {
    json.object(|json| {
        json.key("name").string(&event.name);
        json.key("timestamp").string(&utc(event.timestamp));
        json.key("attributes");
        write_attributes(json, &event.attributes);
    });
}

fn write_link(json: &mut JsonWriter, link: &Link) {
    json.object(|json| {
        json.key("context");
        write_context(json, &link.span_context);
        json.key("attributes");
        write_attributes(json, &link.attributes);
    });
}

fn kind_name(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Client => "SpanKind.CLIENT",
        SpanKind::Server => "SpanKind.SERVER",
        SpanKind::Producer => "SpanKind.PRODUCER",
        SpanKind::Consumer => "SpanKind.CONSUMER",
        SpanKind::Internal => "SpanKind.INTERNAL",
    }
}

/// `2026-11-22T18:31:52.544252Z`, rounded to the microsecond. A time that the calendar of `jiff`
/// does not hold (before the year -9999 or after 9999) is written as the Unix epoch.
fn utc(time: SystemTime) -> String {
    Timestamp::try_from(time)
        .and_then(|time| time.round(Unit::Microsecond))
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        .to_string()
}

/// The `repr` of Python's `TraceState`: a list of strings, each `{key=k, value=v}`.
fn trace_state_repr(state: &TraceState) -> String {
    let header = state.header();
    let entries: Vec<_> = header
        .split(',')
        .filter_map(|entry| entry.split_once('='))
        .map(|(key, value)| string_repr(&format!("{{key={key}, value={value}}}")))
        .collect();
    format!("[{}]", entries.join(", "))
}

/// The `repr` of a Python string of printable ASCII, which is all that a trace state holds.
fn string_repr(text: &str) -> String {
    let text = text.replace('\\', "\\\\");
    if !text.contains('\'') {
        format!("'{text}'")
    } else if !text.contains('"') {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "\\'"))
    }
}

#[cfg(test)]
mod tests;
