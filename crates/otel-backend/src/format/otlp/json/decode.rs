//! Decodes OTLP's JSON to spans.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::Error as _;
use serde_json::value::RawValue;

use super::shape;
use crate::format::json::JsonText;
use crate::format::{Decoded, Incoming};
use crate::model::{
    Attribute, Dropped, Event, Id, InvalidSpan, Link, Resource, Scope, Span, SpanIds, SpanKind,
    Status, StatusCode, UnixNanos, Value, from_hex,
};

/// Decodes an `ExportTraceServiceRequest` or a `TracesData` in JSON.
///
/// A span that is invalid, or whose own JSON cannot be read, is an error of its own.
///
/// # Errors
/// The JSON around the spans is invalid.
pub fn decode_json(bytes: &[u8]) -> Result<Decoded<'_>, serde_json::Error> {
    let traces: shape::Traces<'_> = serde_json::from_slice(bytes)?;
    if traces.resource_spans.is_none() {
        check_empty(bytes, "resourceSpans")?;
    }
    Ok(Box::new(read_traces(traces)))
}

/// Decodes a `ResourceSpans` in JSON.
///
/// # Errors
/// The JSON around the spans is invalid.
pub fn decode_resource_spans(bytes: &[u8]) -> Result<Decoded<'_>, serde_json::Error> {
    let group = serde_json::from_slice(bytes)?;
    Ok(Box::new(read_traces(shape::Traces {
        resource_spans: Some(vec![group]),
    })))
}

/// Decodes a file of such messages, one after the other, as the Collector writes them one per line.
///
/// # Errors
/// The JSON around the spans is invalid.
pub fn decode_json_lines(bytes: &[u8]) -> Result<Decoded<'_>, serde_json::Error> {
    let messages = serde_json::Deserializer::from_slice(bytes).into_iter();
    let messages: Vec<shape::Traces<'_>> = messages.collect::<Result<_, _>>()?;
    Ok(Box::new(messages.into_iter().flat_map(read_traces)))
}

/// Refuses a message that has members but none of the expected ones.
pub(super) fn check_empty(bytes: &[u8], expected: &str) -> Result<(), serde_json::Error> {
    let fields: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(bytes)?;
    match fields.keys().find(|name| *name != expected) {
        None => Ok(()),
        Some(name) => {
            let name: String = name.chars().take(64).collect();
            let reason = format!("there is no field {expected}, but '{name}'");
            Err(serde_json::Error::custom(reason))
        }
    }
}

type Read<'a> = Result<Incoming<'a>, InvalidSpan>;

fn read_traces(traces: shape::Traces<'_>) -> impl Iterator<Item = Read<'_>> + Send {
    let groups = traces.resource_spans.into_iter().flatten();
    groups.flat_map(|group| {
        let resource = resource(group.resource, group.schema_url);
        let groups = group.scope_spans.into_iter().flatten();
        groups.flat_map(move |group| read_scope_spans(group, Arc::clone(&resource)))
    })
}

fn read_scope_spans<'a>(
    group: shape::ScopeSpans<'a>,
    resource: Arc<Resource<'a>>,
) -> impl Iterator<Item = Read<'a>> + Send {
    let scope = scope(group.scope, group.schema_url);
    group.spans.into_iter().flatten().map(move |raw| {
        let read = serde_json::from_str::<shape::Span<'a>>(raw.get())
            .map_err(|reason| InvalidSpan::Malformed(reason.to_string()))?;
        Ok(span(read, Arc::clone(&resource), Arc::clone(&scope))?.into())
    })
}

pub(super) fn resource<'a>(
    read: Option<shape::Resource<'a>>,
    schema_url: JsonText<'a>,
) -> Arc<Resource<'a>> {
    let read = read.unwrap_or_default();
    Arc::new(Resource {
        attributes: attributes(read.attributes),
        dropped_attributes: read.dropped_attributes_count.unwrap_or_default(),
        schema_url: schema_url.0,
    })
}

pub(super) fn scope<'a>(
    read: Option<shape::Scope<'a>>,
    schema_url: JsonText<'a>,
) -> Arc<Scope<'a>> {
    let read = read.unwrap_or_default();
    Arc::new(Scope {
        name: read.name.0,
        version: read.version.0,
        attributes: attributes(read.attributes),
        dropped_attributes: read.dropped_attributes_count.unwrap_or_default(),
        schema_url: schema_url.0,
    })
}

fn span<'a>(
    span: shape::Span<'a>,
    resource: Arc<Resource<'a>>,
    scope: Arc<Scope<'a>>,
) -> Result<Span<'a>, InvalidSpan> {
    let status = span.status.unwrap_or_default();
    let ids = SpanIds::new(
        &id("trace id", &span.trace_id)?,
        &id("span id", &span.span_id)?,
        &id("parent span id", &span.parent_span_id)?,
    )?;
    Ok(Span {
        trace_state: span.trace_state.0,
        flags: span.flags.unwrap_or_default(),
        name: span.name.0,
        kind: kind(span.kind),
        start: nanos(span.start_time_unix_nano),
        end: nanos(span.end_time_unix_nano),
        attributes: attributes(span.attributes),
        events: span.events.into_iter().flatten().map(event).collect(),
        links: span.links.into_iter().flatten().map(link).collect(),
        status: Status {
            code: status_code(status.code),
            message: status.message.0,
        },
        dropped: Dropped {
            attributes: span.dropped_attributes_count.unwrap_or_default(),
            events: span.dropped_events_count.unwrap_or_default(),
            links: span.dropped_links_count.unwrap_or_default(),
        },
        ..Span::new(ids, resource, scope)
    })
}

fn event(event: shape::Event<'_>) -> Event<'_> {
    Event {
        time: nanos(event.time_unix_nano),
        name: event.name.0,
        attributes: attributes(event.attributes),
        dropped_attributes: event.dropped_attributes_count.unwrap_or_default(),
    }
}

fn link(link: shape::Link<'_>) -> Link<'_> {
    Link {
        trace_id: optional_id(&link.trace_id),
        span_id: optional_id(&link.span_id),
        trace_state: link.trace_state.0,
        attributes: attributes(link.attributes),
        dropped_attributes: link.dropped_attributes_count.unwrap_or_default(),
        flags: link.flags.unwrap_or_default(),
    }
}

pub(super) fn attributes(attributes: Option<Vec<shape::KeyValue<'_>>>) -> Vec<Attribute<'_>> {
    attributes.into_iter().flatten().map(attribute).collect()
}

fn attribute(attribute: shape::KeyValue<'_>) -> Attribute<'_> {
    Attribute {
        key: attribute.key.0,
        value: attribute.value.map(value).unwrap_or_default(),
    }
}

pub(super) fn value(value_: shape::AnyValue<'_>) -> Value<'_> {
    match value_ {
        shape::AnyValue {
            string_value: Some(text),
            ..
        } => Value::String(text.0),
        shape::AnyValue {
            bool_value: Some(bool),
            ..
        } => Value::Bool(bool),
        shape::AnyValue {
            int_value: Some(int),
            ..
        } => Value::Int(int.0),
        shape::AnyValue {
            double_value: Some(double),
            ..
        } => Value::Double(double.0),
        shape::AnyValue {
            array_value: Some(array),
            ..
        } => Value::Array(array.values.into_iter().flatten().map(value).collect()),
        shape::AnyValue {
            kvlist_value: Some(map),
            ..
        } => Value::Map(attributes(map.values)),
        shape::AnyValue {
            bytes_value: Some(text),
            ..
        } => bytes(text.0),
        _ => Value::Empty,
    }
}

/// Bytes in base64; if the text is not base64, it is kept as text.
fn bytes(text: Cow<'_, str>) -> Value<'_> {
    match BASE64.decode(text.as_bytes()) {
        Ok(bytes) => Value::Bytes(Cow::Owned(bytes)),
        Err(_) => Value::String(text),
    }
}

fn id(what: &str, hex: &str) -> Result<Vec<u8>, InvalidSpan> {
    let bytes = from_hex(hex).or_else(|| from_base64(hex));
    bytes.ok_or_else(|| InvalidSpan::Malformed(format!("{what} is not hexadecimal")))
}

/// Decodes an id in the form of protobuf's JSON mapping, which Tempo uses.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let is_id = |bytes: &Vec<u8>| matches!(bytes.len(), 8 | 16);
    BASE64.decode(text).ok().filter(is_id)
}

pub(super) fn optional_id<const N: usize>(hex: &str) -> Option<Id<N>> {
    Id::from_slice(&from_hex(hex)?).ok()
}

fn kind(kind: Option<shape::Enum>) -> SpanKind {
    match kind {
        None => SpanKind::Unspecified,
        Some(shape::Enum::Number(number)) => SpanKind::from_number(number),
        Some(shape::Enum::Name(name)) => {
            let name = name.strip_prefix("SPAN_KIND_").unwrap_or_default();
            SpanKind::from_name(&name.to_ascii_lowercase()).unwrap_or_default()
        }
    }
}

fn status_code(code: Option<shape::Enum>) -> StatusCode {
    match code {
        None => StatusCode::Unset,
        Some(shape::Enum::Number(number)) => StatusCode::from_number(number),
        Some(shape::Enum::Name(name)) => match name.as_str() {
            "STATUS_CODE_OK" => StatusCode::Ok,
            "STATUS_CODE_ERROR" => StatusCode::Error,
            _ => StatusCode::Unset,
        },
    }
}

pub(super) fn nanos(time: Option<shape::U64>) -> UnixNanos {
    time.map(|time| UnixNanos(time.0)).unwrap_or_default()
}
