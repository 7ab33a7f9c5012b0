//! Translates spans of the SDK to Jaeger's model.
//!
//! The rules are those of the OpenTelemetry Collector's [Jaeger translator], which preserves what
//! the specification once called "OpenTelemetry to Jaeger Transformation". Spans are written
//! directly from the SDK's data; only arrays and trace states are copied, since they become text.
//!
//! [Jaeger translator]: https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/translator/jaeger

#[cfg(feature = "grpc")]
mod api_v2;
mod json;
#[cfg(any(feature = "http", feature = "udp"))]
mod thrift;

use std::borrow::Cow;

use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue, TagWriter, Tags};
use opentelemetry::trace::{Event, SpanKind, Status, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

#[cfg(feature = "udp")]
pub(crate) use thrift::ThriftSpan;

/// The service name for a resource without one; the SDK's own default begins with it too.
const UNKNOWN_SERVICE: &str = "unknown_service";
const SERVICE_NAME: &str = "service.name";

/// The options of the mapping.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mapping {
    /// True if the scope is also sent under the deprecated names `otel.library.name` and
    /// `otel.library.version`.
    pub(crate) library_tags: bool,
}

/// The process for `resource`: its service name, and all other attributes as tags, sorted by name.
pub(crate) fn process(resource: &Resource) -> Process<'static> {
    let mut service_name = Cow::Borrowed(UNKNOWN_SERVICE);
    let mut tags = Kept(Vec::with_capacity(resource.len()));
    for (key, value) in resource {
        if key.as_str() == SERVICE_NAME {
            service_name = Cow::Owned(value.to_string());
        } else {
            write(key.as_str(), value, &mut tags);
        }
    }
    // A resource is a hash map, whose order differs from run to run.
    let Kept(mut tags) = tags;
    tags.sort_by(|a, b| a.key.cmp(&b.key));
    Process { service_name, tags }
}

/// The process of an exporter that was never told its resource.
pub(crate) fn unknown_process() -> Process<'static> {
    Process {
        service_name: Cow::Borrowed(UNKNOWN_SERVICE),
        tags: Vec::new(),
    }
}

/// The tags of a span.
#[derive(Debug)]
pub(crate) struct SpanTags<'a> {
    mapping: Mapping,
    span: &'a SpanData,
}

/// The fields of the log that an event becomes.
#[derive(Debug)]
pub(crate) struct Fields<'a>(&'a Event);

impl Mapping {
    fn tags(self, span: &SpanData) -> SpanTags<'_> {
        SpanTags {
            mapping: self,
            span,
        }
    }

    fn scope(self, scope: &InstrumentationScope, out: &mut impl TagWriter) {
        let version = scope.version().unwrap_or_default();
        text("otel.scope.name", scope.name(), out);
        text("otel.scope.version", version, out);
        if self.library_tags {
            text("otel.library.name", scope.name(), out);
            text("otel.library.version", version, out);
        }
    }
}

/// The scope, the attributes, then tags for other fields of the span.
impl Tags for SpanTags<'_> {
    fn write(&self, out: &mut impl TagWriter) {
        let span = self.span;
        self.mapping.scope(&span.instrumentation_scope, out);
        attributes(&span.attributes, out);
        kind(&span.span_kind, out);
        status(span, out);
        trace_state(span.span_context.trace_state(), out);
        dropped_attributes(span.dropped_attributes_count, out);
        count("otel.dropped_events_count", span.events.dropped_count, out);
        count("otel.dropped_links_count", span.links.dropped_count, out);
    }
}

/// The event's name, its attributes, and the number of attributes dropped.
impl Tags for Fields<'_> {
    fn write(&self, out: &mut impl TagWriter) {
        let event = self.0;
        // An attribute named `event` takes the place of the name.
        if !has(&event.attributes, "event") {
            out.string("event", &event.name);
        }
        attributes(&event.attributes, out);
        dropped_attributes(event.dropped_attributes_count, out);
    }
}

fn attributes(attributes: &[KeyValue], out: &mut impl TagWriter) {
    for attribute in attributes {
        write(attribute.key.as_str(), &attribute.value, out);
    }
}

fn kind(kind: &SpanKind, out: &mut impl TagWriter) {
    let kind = match kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        // The kind INTERNAL is the default and is not sent.
        SpanKind::Internal => return,
    };
    text("span.kind", kind, out);
}

fn status(span: &SpanData, out: &mut impl TagWriter) {
    match &span.status {
        Status::Unset => {}
        Status::Ok => text("otel.status_code", "OK", out),
        Status::Error { description } => {
            text("otel.status_code", "ERROR", out);
            // An attribute `error` of the span's own overrides the generated tag; a receiver that
            // keeps one value per name keeps that one.
            if !has(&span.attributes, "error") {
                out.bool("error", true);
            }
            text("otel.status_description", description, out);
        }
    }
}

fn trace_state(state: &TraceState, out: &mut impl TagWriter) {
    if *state != TraceState::NONE {
        text("w3c.tracestate", &state.header(), out);
    }
}

/// Calls `each` with the links of `span`, in their order.
fn links(span: &SpanData, mut each: impl FnMut(&SpanRef)) {
    for link in span.links.iter() {
        each(&SpanRef {
            ref_type: RefType::FollowsFrom,
            trace_id: link.span_context.trace_id().to_bytes(),
            span_id: link.span_context.span_id().to_bytes(),
        });
    }
}

fn has(attributes: &[KeyValue], key: &str) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.key.as_str() == key)
}

fn dropped_attributes(dropped: u32, out: &mut impl TagWriter) {
    count("otel.dropped_attributes_count", dropped, out);
}

fn count(key: &str, count: u32, out: &mut impl TagWriter) {
    if count > 0 {
        out.long(key, count.into());
    }
}

fn text(key: &str, value: &str, out: &mut impl TagWriter) {
    if !value.is_empty() {
        out.string(key, value);
    }
}

fn write(key: &str, value: &Value, out: &mut impl TagWriter) {
    match value {
        Value::Bool(value) => out.bool(key, *value),
        Value::I64(value) => out.long(key, *value),
        Value::F64(value) => out.double(key, *value),
        Value::String(value) => out.string(key, value.as_str()),
        Value::Array(values) => out.string(key, &json::array(values)),
        // `Value` may get more variants; every receiver can show text.
        other => out.string(key, &other.as_str()),
    }
}

/// Tags collected in a vector.
struct Kept(Vec<Tag<'static>>);

impl TagWriter for Kept {
    fn string(&mut self, key: &str, value: &str) {
        self.0.push(Tag::new(key.to_owned(), value.to_owned()));
    }

    fn double(&mut self, key: &str, value: f64) {
        self.0.push(Tag::new(key.to_owned(), value));
    }

    fn bool(&mut self, key: &str, value: bool) {
        self.0.push(Tag::new(key.to_owned(), value));
    }

    fn long(&mut self, key: &str, value: i64) {
        self.0.push(Tag::new(key.to_owned(), value));
    }

    fn binary(&mut self, key: &str, value: &[u8]) {
        let value = TagValue::Binary(value.to_vec().into());
        self.0.push(Tag::new(key.to_owned(), value));
    }
}

#[cfg(all(test, feature = "http", feature = "grpc"))]
mod tests;
