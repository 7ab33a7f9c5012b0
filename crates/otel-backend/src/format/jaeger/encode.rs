//! Converts a span to Jaeger's model, in which many of OTLP's fields are tags.
//!
//! The span's own tags come between those that Jaeger derives: first the scope, last the kind,
//! status and trace state. Duplicates are kept. Logs are sorted by time; Jaeger sorts them by name,
//! which is less useful.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/>

use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue, api_v2};

use crate::model::{Attribute, Event, Link, Resource, Span, StatusCode, Value};

/// The order of attributes as tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The order in which they were sent.
    Sent,
    /// Sorted by key, as Jaeger shows them.
    Sorted,
}

/// Converts the span with its process. Tags keep the order in which they were sent.
pub fn to_proto<'a>(span: &'a Span<'_>) -> api_v2::Span<'a> {
    let log = |event: &'a Event<'_>| api_v2::Log {
        timestamp: event.time.0.into(),
        fields: fields(event, Order::Sent),
    };
    api_v2::Span {
        trace_id: *span.trace_id.as_bytes(),
        span_id: *span.span_id.as_bytes(),
        operation_name: span.name.as_ref().into(),
        references: references(span),
        flags: span.flags & 0xff,
        start_time: span.start.0.into(),
        duration: span.duration().as_nanos().cast_signed(),
        tags: tags(span, Order::Sent),
        logs: events(span).into_iter().map(log).collect(),
        process: Some(process(&span.resource, Order::Sent)),
        warnings: warnings(span).into_iter().map(Into::into).collect(),
        ..api_v2::Span::default()
    }
}

/// The parent comes first, then every link. Jaeger writes a link to the parent in the parent's
/// place, so that a reader cannot tell if there was a parent, a link or both; here both are kept.
pub(super) fn references(span: &Span<'_>) -> Vec<SpanRef> {
    let mut references = Vec::new();
    if let Some(parent) = span.parent {
        references.push(SpanRef {
            ref_type: RefType::ChildOf,
            trace_id: *span.trace_id.as_bytes(),
            span_id: *parent.as_bytes(),
        });
    }
    for link in &span.links {
        let (Some(trace_id), Some(span_id)) = (link.trace_id, link.span_id) else {
            continue;
        };
        let ref_type = ref_type(link);
        let is_parent = trace_id == span.trace_id && Some(span_id) == span.parent;
        if !(is_parent && ref_type == RefType::ChildOf) {
            references.push(SpanRef {
                ref_type,
                trace_id: *trace_id.as_bytes(),
                span_id: *span_id.as_bytes(),
            });
        }
    }
    references
}

fn ref_type(link: &Link<'_>) -> RefType {
    let is_child_of = |attribute: &Attribute<'_>| {
        attribute.key == "opentracing.ref_type" && attribute.value.text() == "child_of"
    };
    if link.attributes.iter().any(is_child_of) {
        RefType::ChildOf
    } else {
        RefType::FollowsFrom
    }
}

/// The span's tags.
pub(super) fn tags<'a>(span: &'a Span<'_>, order: Order) -> Vec<Tag<'a>> {
    let mut tags = Vec::with_capacity(span.attributes.len() + 4);
    push_text("otel.scope.name", &span.scope.name, &mut tags);
    push_text("otel.scope.version", &span.scope.version, &mut tags);
    push_all(span.attributes.iter(), order, &mut tags);
    push_text("span.kind", span.kind.as_str(), &mut tags);
    match span.status.code {
        StatusCode::Unset => {}
        StatusCode::Ok => push_text("otel.status_code", "OK", &mut tags),
        StatusCode::Error => {
            push_text("otel.status_code", "ERROR", &mut tags);
            // Only if it is true: readers take any other value as an error too.
            tags.push(Tag::new("error", true));
        }
    }
    push_text("otel.status_description", &span.status.message, &mut tags);
    push_text("w3c.tracestate", &span.trace_state, &mut tags);
    tags
}

/// The span's events, sorted by time.
pub(super) fn events<'a>(span: &'a Span<'_>) -> Vec<&'a Event<'a>> {
    let mut events: Vec<_> = span.events.iter().collect();
    events.sort_by_key(|event| event.time);
    events
}

/// The fields of a log: first the event's name, unless an attribute has that key.
pub(super) fn fields<'a>(event: &'a Event<'_>, order: Order) -> Vec<Tag<'a>> {
    let mut fields = Vec::with_capacity(event.attributes.len() + 1);
    if event.attributes.iter().all(|a| a.key != "event") {
        push_text("event", &event.name, &mut fields);
    }
    push_all(event.attributes.iter(), order, &mut fields);
    fields
}

/// The process for a resource.
pub(super) fn process<'a>(resource: &'a Resource<'_>, order: Order) -> Process<'a> {
    let attributes = resource.attributes.iter();
    let mut tags = Vec::with_capacity(attributes.len());
    push_all(
        attributes.filter(|attribute| attribute.key != "service.name"),
        order,
        &mut tags,
    );
    Process {
        service_name: resource.service_name().into(),
        tags,
    }
}

/// Warnings about a span, in Jaeger's words.
pub(super) fn warnings(span: &Span<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    if span.end < span.start {
        let before = span.start.since(span.end);
        warnings.push(format!(
            "Negative duration: the span ends {before:?} before it starts"
        ));
    }
    let to_nowhere = |link: &&Link<'_>| link.trace_id.is_none();
    for _ in span.links.iter().filter(to_nowhere) {
        warnings.push("Invalid span link removed".to_owned());
    }
    warnings
}

fn push_text<'a>(key: &'a str, text: &'a str, tags: &mut Vec<Tag<'a>>) {
    if !text.is_empty() {
        tags.push(Tag::new(key, text));
    }
}

fn push_all<'a>(
    attributes: impl Iterator<Item = &'a Attribute<'a>>,
    order: Order,
    tags: &mut Vec<Tag<'a>>,
) {
    let first = tags.len();
    tags.extend(attributes.map(tag));
    if let (Order::Sorted, Some(own)) = (order, tags.get_mut(first..)) {
        own.sort_by(|a, b| a.key.cmp(&b.key));
    }
}

pub(super) fn tag<'a>(attribute: &'a Attribute<'_>) -> Tag<'a> {
    Tag {
        key: attribute.key.as_ref().into(),
        value: match &attribute.value {
            Value::Bool(bool) => TagValue::Bool(*bool),
            Value::Int(int) => TagValue::Long(*int),
            Value::Double(double) => TagValue::Double(*double),
            Value::Bytes(bytes) => TagValue::Binary(bytes.as_ref().into()),
            other => TagValue::String(other.text()),
        },
    }
}
