//! Prints each span as a JSON object, like the Python SDK's console exporter.

mod json;
#[cfg(feature = "logs")]
mod logs;
mod output;
mod parts;

use std::io::{self, Write};

use opentelemetry::KeyValue;
use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceState};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

#[cfg(feature = "logs")]
pub(crate) use logs::ConsoleLogExporter;

use json::JsonWriter;
use output::Output;
use parts::{sorted, utc, write_attributes};

/// An exporter that writes each finished span as indented JSON.
///
/// The form is that of the Python SDK's `ConsoleSpanExporter` (1.12): `0x` ids, `SpanKind.…` names,
/// times in UTC with microseconds, a flat resource, and everything outside ASCII escaped. Each
/// object is written at once, so spans of several threads do not mix.
///
/// It is not an error if the reader has closed the pipe.
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// let provider = SdkTracerProvider::builder()
///     .with_simple_exporter(otel_auto::ConsoleExporter::stdout())
///     .build();
/// ```
#[derive(Debug)]
pub struct ConsoleExporter {
    output: Output,
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
            output: Output::new(output),
            resource: Vec::new(),
        }
    }
}

impl SpanExporter for ConsoleExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut text = String::new();
        for span in &batch {
            text.push_str(&to_json(span, &self.resource));
            text.push('\n');
        }
        self.output.write(&text)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = sorted(resource);
    }
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

/// The `repr` of Python's `TraceState`: a list of strings of the form `{key=k, value=v}`.
fn trace_state_repr(state: &TraceState) -> String {
    let header = state.header();
    let entries: Vec<_> = header
        .split(',')
        .filter_map(|entry| entry.split_once('='))
        .map(|(key, value)| string_repr(&format!("{{key={key}, value={value}}}")))
        .collect();
    format!("[{}]", entries.join(", "))
}

/// The `repr` of a Python string of printable ASCII; a trace state holds nothing else.
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
