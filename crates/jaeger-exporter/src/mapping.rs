//! What a span of the SDK becomes in Jaeger's model.
//!
//! The rules are those of the OpenTelemetry Collector's [Jaeger translator], which holds what the
//! specification once called "OpenTelemetry to Jaeger Transformation". Everything borrows from the
//! SDK's data; only arrays and trace states, which become text, are built.
//!
//! [Jaeger translator]: https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/translator/jaeger

#[cfg(feature = "grpc")]
mod api_v2;
mod json;
#[cfg(any(feature = "http", feature = "udp"))]
mod thrift;

use std::borrow::Cow;

use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue};
use opentelemetry::trace::{Event, SpanKind, Status, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

#[cfg(feature = "grpc")]
pub(crate) use api_v2::ProtobufSpans;
#[cfg(any(feature = "http", feature = "udp"))]
pub(crate) use thrift::ThriftSpans;

/// The service name of a resource that has none, as the SDK's own default begins.
const UNKNOWN_SERVICE: &str = "unknown_service";
const SERVICE_NAME: &str = "service.name";

/// What may be chosen about the mapping.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mapping {
    /// Whether the scope is also sent under the deprecated names `otel.library.name` and
    /// `otel.library.version`.
    pub(crate) library_tags: bool,
}

/// The process that stands for `resource`: its service name, and all else as tags by name.
pub(crate) fn process(resource: &Resource) -> Process<'static> {
    let mut service_name = Cow::Borrowed(UNKNOWN_SERVICE);
    let mut tags = Vec::with_capacity(resource.len());
    for (key, value) in resource {
        if key.as_str() == SERVICE_NAME {
            service_name = Cow::Owned(value.to_string());
        } else {
            tags.push(owned(tag(key.as_str(), tag_value(value))));
        }
    }
    // A resource is a hash map: without an order of ours, each run would send another one.
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

impl Mapping {
    /// Appends the tags of `span`: scope, attributes, then what the span's own fields say.
    fn tags<'a>(self, span: &'a SpanData, tags: &mut Vec<Tag<'a>>) {
        self.scope(&span.instrumentation_scope, tags);
        attributes(&span.attributes, tags);
        kind(&span.span_kind, tags);
        status(span, tags);
        trace_state(span.span_context.trace_state(), tags);
        count(
            "otel.dropped_attributes_count",
            span.dropped_attributes_count,
            tags,
        );
        count("otel.dropped_events_count", span.events.dropped_count, tags);
        count("otel.dropped_links_count", span.links.dropped_count, tags);
    }

    fn scope<'a>(self, scope: &'a InstrumentationScope, tags: &mut Vec<Tag<'a>>) {
        let version = scope.version().unwrap_or_default();
        text("otel.scope.name", scope.name(), tags);
        text("otel.scope.version", version, tags);
        if self.library_tags {
            text("otel.library.name", scope.name(), tags);
            text("otel.library.version", version, tags);
        }
    }
}

fn attributes<'a>(attributes: &'a [KeyValue], tags: &mut Vec<Tag<'a>>) {
    tags.extend(
        attributes
            .iter()
            .map(|attribute| tag(attribute.key.as_str(), tag_value(&attribute.value))),
    );
}

fn kind(kind: &SpanKind, tags: &mut Vec<Tag<'_>>) {
    let kind = match kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        // "SpanKind.INTERNAL is assumed and should not be sent."
        SpanKind::Internal => return,
    };
    text("span.kind", kind, tags);
}

fn status<'a>(span: &'a SpanData, tags: &mut Vec<Tag<'a>>) {
    match &span.status {
        Status::Unset => {}
        Status::Ok => text("otel.status_code", "OK", tags),
        Status::Error { description } => {
            text("otel.status_code", "ERROR", tags);
            // The tag "may be overridden": an attribute `error` of the span's own keeps its value,
            // and a receiver that keeps one value per name keeps that one.
            if !has(&span.attributes, "error") {
                tags.push(tag("error", TagValue::Bool(true)));
            }
            text("otel.status_description", description, tags);
        }
    }
}

fn trace_state(state: &TraceState, tags: &mut Vec<Tag<'_>>) {
    if *state == TraceState::NONE {
        return;
    }
    let header = state.header();
    if !header.is_empty() {
        tags.push(tag("w3c.tracestate", TagValue::String(Cow::Owned(header))));
    }
}

/// Appends the fields of `event`: its name, its attributes, how many it lost.
fn fields<'a>(event: &'a Event, fields: &mut Vec<Tag<'a>>) {
    // "If an event attribute is named `event`, it takes the name's place."
    if !has(&event.attributes, "event") {
        fields.push(tag("event", TagValue::String(Cow::Borrowed(&event.name))));
    }
    attributes(&event.attributes, fields);
    count(
        "otel.dropped_attributes_count",
        event.dropped_attributes_count,
        fields,
    );
}

/// Appends the links of `span`, in their order.
fn links(span: &SpanData, references: &mut Vec<SpanRef>) {
    references.extend(span.links.iter().map(|link| SpanRef {
        ref_type: RefType::FollowsFrom,
        trace_id: link.span_context.trace_id().to_bytes(),
        span_id: link.span_context.span_id().to_bytes(),
    }));
}

fn has(attributes: &[KeyValue], key: &str) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.key.as_str() == key)
}

fn count(key: &'static str, count: u32, tags: &mut Vec<Tag<'_>>) {
    if count > 0 {
        tags.push(tag(key, TagValue::Long(i64::from(count))));
    }
}

fn text<'a>(key: &'a str, value: &'a str, tags: &mut Vec<Tag<'a>>) {
    if !value.is_empty() {
        tags.push(tag(key, TagValue::String(Cow::Borrowed(value))));
    }
}

fn tag<'a>(key: &'a str, value: TagValue<'a>) -> Tag<'a> {
    Tag {
        key: Cow::Borrowed(key),
        value,
    }
}

fn tag_value(value: &Value) -> TagValue<'_> {
    match value {
        Value::Bool(value) => TagValue::Bool(*value),
        Value::I64(value) => TagValue::Long(*value),
        Value::F64(value) => TagValue::Double(*value),
        Value::String(value) => TagValue::String(Cow::Borrowed(value.as_str())),
        Value::Array(values) => TagValue::String(Cow::Owned(json::array(values))),
        // `Value` may grow: text is what every receiver shows.
        other => TagValue::String(Cow::Owned(other.to_string())),
    }
}

fn owned(tag: Tag<'_>) -> Tag<'static> {
    Tag {
        key: Cow::Owned(tag.key.into_owned()),
        value: match tag.value {
            TagValue::String(value) => TagValue::String(Cow::Owned(value.into_owned())),
            TagValue::Binary(value) => TagValue::Binary(Cow::Owned(value.into_owned())),
            TagValue::Double(value) => TagValue::Double(value),
            TagValue::Bool(value) => TagValue::Bool(value),
            TagValue::Long(value) => TagValue::Long(value),
        },
    }
}

#[cfg(all(test, feature = "http", feature = "grpc"))]
mod tests;
