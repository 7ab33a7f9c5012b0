//! A span in Jaeger's model, mapped as in the specification.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/>

use std::borrow::Cow;

use serde_json::{Map, Value as Json, json};

use crate::model::{Attribute, Code, Event, Kind, Link, Resource, Span, SpanId, TraceId, Value};

/// A reference from a span to another.
pub(super) struct Reference {
    /// 0 is `CHILD_OF` and 1 is `FOLLOWS_FROM`, in both of Jaeger's IDLs.
    pub(super) ref_type: u8,
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
}

/// A value of a tag, with the types that Jaeger has.
pub(super) enum TagValue<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    Int(i64),
    Double(f64),
    Binary(&'a [u8]),
}

pub(super) struct Tag<'a> {
    pub(super) key: &'a str,
    pub(super) value: TagValue<'a>,
}

/// The service's name and the tags of the process.
pub(super) fn process(resource: &Resource) -> (&str, Vec<Tag<'_>>) {
    let is_name = |a: &&Attribute| a.key == "service.name" && matches!(a.value, Value::String(_));
    let service = match resource.attributes.as_slice() {
        [] => "OTLPResourceNoServiceName",
        _ => resource.service(),
    };
    let others = resource.attributes.iter().filter(|a| !is_name(a));
    (service, others.map(tag).collect())
}

pub(super) fn references(span: &Span) -> Vec<Reference> {
    let parent = span.parent.map(|span_id| Reference {
        ref_type: 0,
        trace_id: span.trace_id,
        span_id,
    });
    let link = |link: &Link| Reference {
        ref_type: 1,
        trace_id: link.trace_id,
        span_id: link.span_id,
    };
    parent
        .into_iter()
        .chain(span.links.iter().map(link))
        .collect()
}

pub(super) fn tags(span: &Span) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    push(&mut tags, "otel.scope.name", &span.scope.name);
    push(&mut tags, "otel.scope.version", &span.scope.version);
    tags.extend(span.attributes.iter().map(tag));
    push(&mut tags, "span.kind", kind(span.kind));
    match span.status.code {
        Code::Unset => {}
        Code::Ok => push(&mut tags, "otel.status_code", "OK"),
        Code::Error => {
            push(&mut tags, "otel.status_code", "ERROR");
            tags.push(Tag {
                key: "error",
                value: TagValue::Bool(true),
            });
        }
    }
    push(&mut tags, "otel.status_description", &span.status.message);
    push(&mut tags, "w3c.tracestate", &span.trace_state);
    tags
}

pub(super) fn fields(event: &Event) -> Vec<Tag<'_>> {
    let mut fields = Vec::new();
    push(&mut fields, "event", &event.name);
    fields.extend(event.attributes.iter().map(tag));
    fields
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Unspecified => "",
        Kind::Internal => "internal",
        Kind::Server => "server",
        Kind::Client => "client",
        Kind::Producer => "producer",
        Kind::Consumer => "consumer",
    }
}

fn push<'a>(tags: &mut Vec<Tag<'a>>, key: &'a str, text: &'a str) {
    if !text.is_empty() {
        tags.push(Tag {
            key,
            value: TagValue::Text(text.into()),
        });
    }
}

fn tag(attribute: &Attribute) -> Tag<'_> {
    let value = match &attribute.value {
        Value::Empty => TagValue::Text("".into()),
        Value::String(text) => TagValue::Text(text.into()),
        Value::Bool(bool) => TagValue::Bool(*bool),
        Value::Int(int) => TagValue::Int(*int),
        Value::Double(double) => TagValue::Double(*double),
        Value::Bytes(bytes) => TagValue::Binary(bytes),
        value => TagValue::Text(as_json(value).to_string().into()),
    };
    Tag {
        key: &attribute.key,
        value,
    }
}

/// An array or a map as JSON.
pub(super) fn as_json(value: &Value) -> Json {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    match value {
        Value::Empty => Json::Null,
        Value::String(text) => json!(text),
        Value::Bool(bool) => json!(bool),
        Value::Int(int) => json!(int),
        Value::Double(double) => json!(double),
        Value::Bytes(bytes) => json!(BASE64_STANDARD.encode(bytes)),
        Value::Array(values) => values.iter().map(as_json).collect(),
        Value::Map(entries) => {
            let entries = entries.iter().map(|e| (e.key.clone(), as_json(&e.value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}
