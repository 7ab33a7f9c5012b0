//! Decodes OTLP's messages to the model.

use std::borrow::Cow;
use std::sync::Arc;

use super::fields::{VALUES, any_value, event, key_value, link, resource, scope, span, status};
use super::{Malformed, ResourceScope};
use crate::format::protobuf::{Field, Reader};
use crate::model::{
    Attribute, Event, InvalidSpan, Link, Resource, Scope, Span, SpanId, SpanIds, SpanKind, Status,
    StatusCode, Text, TraceId, UnixNanos, Value,
};

/// The deepest nesting of arrays and maps.
const MAX_DEPTH: usize = 32;

pub(super) fn read_resource<'a>(head: &ResourceScope<'a>) -> Result<Resource<'a>, Malformed> {
    let mut read = Resource {
        schema_url: text(head.resource_schema),
        ..Resource::default()
    };
    let mut reader = Reader::new(head.resource);
    while let Some(field) = reader.next()? {
        match field.number {
            resource::ATTRIBUTES => {
                push_attribute(field.bytes(&mut reader)?, 0, &mut read.attributes)?;
            }
            resource::DROPPED_ATTRIBUTES => read.dropped_attributes = field.uint32(&mut reader)?,
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(read)
}

pub(super) fn read_scope<'a>(head: &ResourceScope<'a>) -> Result<Scope<'a>, Malformed> {
    let mut read = Scope {
        schema_url: text(head.scope_schema),
        ..Scope::default()
    };
    let mut reader = Reader::new(head.scope);
    while let Some(field) = reader.next()? {
        match field.number {
            scope::NAME => read.name = text(field.bytes(&mut reader)?),
            scope::VERSION => read.version = text(field.bytes(&mut reader)?),
            scope::ATTRIBUTES => {
                push_attribute(field.bytes(&mut reader)?, 0, &mut read.attributes)?;
            }
            scope::DROPPED_ATTRIBUTES => read.dropped_attributes = field.uint32(&mut reader)?,
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(read)
}

/// The ids of a span as given in its message.
#[derive(Default)]
struct RawIds<'a> {
    trace_id: &'a [u8],
    span_id: &'a [u8],
    parent: &'a [u8],
}

/// Decodes a span, with capacity for the expected number of attributes.
pub(super) fn read_span<'a>(
    message: &'a [u8],
    attributes: usize,
    resource: Arc<Resource<'a>>,
    scope: Arc<Scope<'a>>,
) -> Result<Span<'a>, InvalidSpan> {
    // The ids may come last, so placeholders are used until the whole message is read.
    let placeholder = SpanIds {
        trace_id: TraceId::MAX,
        span_id: SpanId::MAX,
        parent: None,
    };
    let mut read = Span {
        attributes: Vec::with_capacity(attributes),
        ..Span::new(placeholder, resource, scope)
    };
    let mut ids = RawIds::default();
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next()? {
        read_span_field(field, &mut reader, &mut ids, &mut read)?;
    }
    let ids = SpanIds::new(ids.trace_id, ids.span_id, ids.parent)?;
    read.trace_id = ids.trace_id;
    read.span_id = ids.span_id;
    read.parent = ids.parent;
    Ok(read)
}

#[inline]
fn read_span_field<'a>(
    field: Field,
    reader: &mut Reader<'a>,
    ids: &mut RawIds<'a>,
    read: &mut Span<'a>,
) -> Result<(), Malformed> {
    match field.number {
        span::TRACE_ID => ids.trace_id = field.bytes(reader)?,
        span::SPAN_ID => ids.span_id = field.bytes(reader)?,
        span::TRACE_STATE => read.trace_state = text(field.bytes(reader)?),
        span::PARENT_SPAN_ID => ids.parent = field.bytes(reader)?,
        span::NAME => read.name = text(field.bytes(reader)?),
        span::KIND => read.kind = SpanKind::from_number(field.varint(reader)?),
        span::START => read.start = UnixNanos(field.fixed64(reader)?),
        span::END => read.end = UnixNanos(field.fixed64(reader)?),
        span::ATTRIBUTES => push_attribute(field.bytes(reader)?, 0, &mut read.attributes)?,
        span::DROPPED_ATTRIBUTES => read.dropped.attributes = field.uint32(reader)?,
        span::EVENTS => read.events.push(read_event(field.bytes(reader)?)?),
        span::DROPPED_EVENTS => read.dropped.events = field.uint32(reader)?,
        span::LINKS => read.links.push(read_link(field.bytes(reader)?)?),
        span::DROPPED_LINKS => read.dropped.links = field.uint32(reader)?,
        span::STATUS => read.status = read_status(field.bytes(reader)?)?,
        span::FLAGS => read.flags = field.fixed32(reader)?,
        _ => field.skip(reader)?,
    }
    Ok(())
}

fn read_event(bytes: &[u8]) -> Result<Event<'_>, Malformed> {
    let mut read = Event::default();
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next()? {
        match field.number {
            event::TIME => read.time = UnixNanos(field.fixed64(&mut reader)?),
            event::NAME => read.name = text(field.bytes(&mut reader)?),
            event::ATTRIBUTES => {
                push_attribute(field.bytes(&mut reader)?, 0, &mut read.attributes)?;
            }
            event::DROPPED_ATTRIBUTES => read.dropped_attributes = field.uint32(&mut reader)?,
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(read)
}

fn read_link(bytes: &[u8]) -> Result<Link<'_>, Malformed> {
    let mut read = Link::default();
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next()? {
        match field.number {
            link::TRACE_ID => read.trace_id = TraceId::from_slice(field.bytes(&mut reader)?).ok(),
            link::SPAN_ID => read.span_id = SpanId::from_slice(field.bytes(&mut reader)?).ok(),
            link::TRACE_STATE => read.trace_state = text(field.bytes(&mut reader)?),
            link::ATTRIBUTES => push_attribute(field.bytes(&mut reader)?, 0, &mut read.attributes)?,
            link::DROPPED_ATTRIBUTES => read.dropped_attributes = field.uint32(&mut reader)?,
            link::FLAGS => read.flags = field.fixed32(&mut reader)?,
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(read)
}

fn read_status(bytes: &[u8]) -> Result<Status<'_>, Malformed> {
    let mut read = Status::default();
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next()? {
        match field.number {
            status::MESSAGE => read.message = text(field.bytes(&mut reader)?),
            status::CODE => read.code = StatusCode::from_number(field.varint(&mut reader)?),
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(read)
}

/// Decodes an attribute directly into the list: a returned attribute would be copied by every
/// function on its way.
pub(super) fn push_attribute<'a>(
    bytes: &'a [u8],
    depth: usize,
    out: &mut Vec<Attribute<'a>>,
) -> Result<(), Malformed> {
    let read = out.push_mut(Attribute::new("", Value::Empty));
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next()? {
        match field.number {
            key_value::KEY => read.key = text(field.bytes(&mut reader)?),
            key_value::VALUE => read_value(field.bytes(&mut reader)?, depth, &mut read.value)?,
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(())
}

/// Decodes an `AnyValue`; `None` if it is invalid.
pub fn decode_value(bytes: &[u8]) -> Option<Value<'_>> {
    let mut value = Value::Empty;
    read_value(bytes, 0, &mut value).ok()?;
    Some(value)
}

fn push_value<'a>(
    bytes: &'a [u8],
    depth: usize,
    out: &mut Vec<Value<'a>>,
) -> Result<(), Malformed> {
    read_value(bytes, depth, out.push_mut(Value::Empty))
}

pub(super) fn read_value<'a>(
    bytes: &'a [u8],
    depth: usize,
    read: &mut Value<'a>,
) -> Result<(), Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed("a value is nested too deeply"));
    }
    *read = Value::Empty;
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next()? {
        match field.number {
            any_value::STRING => *read = string(field.bytes(&mut reader)?),
            any_value::BOOL => *read = Value::Bool(field.varint(&mut reader)? != 0),
            any_value::INT => *read = Value::Int(field.varint(&mut reader)?.cast_signed()),
            any_value::DOUBLE => {
                *read = Value::Double(f64::from_bits(field.fixed64(&mut reader)?));
            }
            any_value::ARRAY => {
                *read = Value::Array(elements(field.bytes(&mut reader)?, depth, push_value)?);
            }
            any_value::MAP => {
                *read = Value::Map(elements(field.bytes(&mut reader)?, depth, push_attribute)?);
            }
            any_value::BYTES => *read = Value::Bytes(Cow::Borrowed(field.bytes(&mut reader)?)),
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(())
}

fn elements<'a, T>(
    bytes: &'a [u8],
    depth: usize,
    push: impl Fn(&'a [u8], usize, &mut Vec<T>) -> Result<(), Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut read = Vec::new();
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next()? {
        match field.number {
            VALUES => push(field.bytes(&mut reader)?, depth + 1, &mut read)?,
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(read)
}

/// A string value. Bytes that are not UTF-8 are kept as bytes.
fn string(bytes: &[u8]) -> Value<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::String(Cow::Borrowed(text)),
        Err(_) => Value::Bytes(Cow::Borrowed(bytes)),
    }
}

/// A name. Bytes that are not UTF-8 become U+FFFD, so that one bad byte does not cost the span.
pub(super) fn text(bytes: &[u8]) -> Text<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}
