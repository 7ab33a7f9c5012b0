//! OTLP's `ExportTraceServiceRequest` as JSON.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value as Json, json};

use super::chunks::groups;
use crate::model::{Attribute, Event, Link, Span, Value};

/// Encodes a request with these spans.
pub(super) fn request(spans: &[&Span]) -> Vec<u8> {
    let groups: Vec<_> = groups(spans).filter_map(group).collect();
    json!({ "resourceSpans": groups }).to_string().into_bytes()
}

/// The number of rejected spans in an answer. 64-bit integers are text or numbers.
pub(super) fn rejected(answer: &[u8]) -> usize {
    let answer: Json = serde_json::from_slice(answer).unwrap_or_default();
    match &answer["partialSuccess"]["rejectedSpans"] {
        Json::String(text) => text.parse().unwrap_or_default(),
        number => number
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or_default(),
    }
}

fn group(spans: &[&Span]) -> Option<Json> {
    let first = spans.first()?;
    let (resource, scope) = (&first.resource, &first.scope);
    Some(json!({
        "resource": {
            "attributes": attributes(&resource.attributes),
            "droppedAttributesCount": resource.dropped,
        },
        "scopeSpans": [{
            "scope": {
                "name": scope.name,
                "version": scope.version,
                "attributes": attributes(&scope.attributes),
                "droppedAttributesCount": scope.dropped,
            },
            "spans": spans.iter().map(|it| span(it)).collect::<Vec<_>>(),
            "schemaUrl": scope.schema_url,
        }],
        "schemaUrl": resource.schema_url,
    }))
}

fn span(it: &Span) -> Json {
    json!({
        "traceId": it.trace_id.to_string(),
        "spanId": it.span_id.to_string(),
        "traceState": it.trace_state,
        "parentSpanId": it.parent.map(|id| id.to_string()).unwrap_or_default(),
        "name": it.name,
        "kind": it.kind as u8,
        "startTimeUnixNano": it.start.to_string(),
        "endTimeUnixNano": it.end.to_string(),
        "attributes": attributes(&it.attributes),
        "droppedAttributesCount": it.dropped.attributes,
        "events": it.events.iter().map(event).collect::<Vec<_>>(),
        "droppedEventsCount": it.dropped.events,
        "links": it.links.iter().map(link).collect::<Vec<_>>(),
        "droppedLinksCount": it.dropped.links,
        "status": { "message": it.status.message, "code": it.status.code as u8 },
        "flags": it.flags,
    })
}

fn event(it: &Event) -> Json {
    json!({
        "timeUnixNano": it.time.to_string(),
        "name": it.name,
        "attributes": attributes(&it.attributes),
        "droppedAttributesCount": it.dropped,
    })
}

fn link(it: &Link) -> Json {
    json!({
        "traceId": it.trace_id.to_string(),
        "spanId": it.span_id.to_string(),
        "traceState": it.trace_state,
        "attributes": attributes(&it.attributes),
        "droppedAttributesCount": it.dropped,
        "flags": it.flags,
    })
}

pub(super) fn attributes(all: &[Attribute]) -> Vec<Json> {
    let pair = |it: &Attribute| json!({ "key": it.key, "value": value(&it.value) });
    all.iter().map(pair).collect()
}

pub(super) fn value(it: &Value) -> Json {
    match it {
        Value::Empty => json!({}),
        Value::String(text) => json!({ "stringValue": text }),
        Value::Bool(bool) => json!({ "boolValue": bool }),
        Value::Int(int) => json!({ "intValue": int.to_string() }),
        Value::Double(double) if double.is_finite() => json!({ "doubleValue": double }),
        // JSON has no NaN and no infinities; protobuf's mapping has names for them.
        Value::Double(double) if double.is_nan() => json!({ "doubleValue": "NaN" }),
        Value::Double(double) if *double > 0.0 => json!({ "doubleValue": "Infinity" }),
        Value::Double(_) => json!({ "doubleValue": "-Infinity" }),
        Value::Bytes(bytes) => json!({ "bytesValue": BASE64_STANDARD.encode(bytes) }),
        Value::Array(values) => {
            json!({ "arrayValue": { "values": values.iter().map(value).collect::<Vec<_>>() } })
        }
        Value::Map(entries) => json!({ "kvlistValue": { "values": attributes(entries) } }),
    }
}
