//! The messages of OTLP, from bytes to the model.

use std::borrow::Cow;

use super::fields::{VALUES, any_value, event, key_value, link, resource, scope, span, status};
use super::wire::{Field, Reader};
use super::{GroupHead, Malformed};
use crate::model::{
    Attribute, Event, Link, Resource, Scope, SpanId, SpanKind, Status, StatusCode, Text, TraceId,
    UncheckedSpan, UnixNanos, Value,
};

/// How deep arrays and maps may lie in one another.
const MAX_DEPTH: usize = 32;

pub(super) fn read_resource<'a>(head: &GroupHead<'a>) -> Result<Resource<'a>, Malformed> {
    let mut read = Resource {
        schema_url: text(head.resource_schema),
        ..Resource::default()
    };
    let mut reader = Reader::new(head.resource);
    while let Some((number, field)) = reader.next()? {
        match number {
            resource::ATTRIBUTES => read.attributes.push(attribute(field.bytes()?, 0)?),
            resource::DROPPED_ATTRIBUTES => read.dropped_attributes = field.uint32()?,
            _ => {}
        }
    }
    Ok(read)
}

pub(super) fn read_scope<'a>(head: &GroupHead<'a>) -> Result<Scope<'a>, Malformed> {
    let mut read = Scope {
        schema_url: text(head.scope_schema),
        ..Scope::default()
    };
    let mut reader = Reader::new(head.scope);
    while let Some((number, field)) = reader.next()? {
        match number {
            scope::NAME => read.name = text(field.bytes()?),
            scope::VERSION => read.version = text(field.bytes()?),
            scope::ATTRIBUTES => read.attributes.push(attribute(field.bytes()?, 0)?),
            scope::DROPPED_ATTRIBUTES => read.dropped_attributes = field.uint32()?,
            _ => {}
        }
    }
    Ok(read)
}

/// Reads a span that is expected to have so many attributes.
pub(super) fn read_span(message: &[u8], attributes: usize) -> Result<UncheckedSpan<'_>, Malformed> {
    let mut read = UncheckedSpan {
        attributes: Vec::with_capacity(attributes),
        ..UncheckedSpan::default()
    };
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        read_span_field(number, field, &mut read)?;
    }
    Ok(read)
}

fn read_span_field<'a>(
    number: u32,
    field: Field<'a>,
    read: &mut UncheckedSpan<'a>,
) -> Result<(), Malformed> {
    match number {
        span::TRACE_ID => read.trace_id = Cow::Borrowed(field.bytes()?),
        span::SPAN_ID => read.span_id = Cow::Borrowed(field.bytes()?),
        span::TRACE_STATE => read.trace_state = text(field.bytes()?),
        span::PARENT_SPAN_ID => read.parent_id = Cow::Borrowed(field.bytes()?),
        span::NAME => read.name = text(field.bytes()?),
        span::KIND => read.kind = SpanKind::from_number(field.varint()?),
        span::START => read.start = UnixNanos(field.fixed64()?),
        span::END => read.end = UnixNanos(field.fixed64()?),
        span::ATTRIBUTES => read.attributes.push(attribute(field.bytes()?, 0)?),
        span::DROPPED_ATTRIBUTES => read.dropped.attributes = field.uint32()?,
        span::EVENTS => read.events.push(read_event(field.bytes()?)?),
        span::DROPPED_EVENTS => read.dropped.events = field.uint32()?,
        span::LINKS => read.links.push(read_link(field.bytes()?)?),
        span::DROPPED_LINKS => read.dropped.links = field.uint32()?,
        span::STATUS => read.status = read_status(field.bytes()?)?,
        span::FLAGS => read.flags = field.fixed32()?,
        _ => {}
    }
    Ok(())
}

fn read_event(bytes: &[u8]) -> Result<Event<'_>, Malformed> {
    let mut read = Event::default();
    let mut reader = Reader::new(bytes);
    while let Some((number, field)) = reader.next()? {
        match number {
            event::TIME => read.time = UnixNanos(field.fixed64()?),
            event::NAME => read.name = text(field.bytes()?),
            event::ATTRIBUTES => read.attributes.push(attribute(field.bytes()?, 0)?),
            event::DROPPED_ATTRIBUTES => read.dropped_attributes = field.uint32()?,
            _ => {}
        }
    }
    Ok(read)
}

fn read_link(bytes: &[u8]) -> Result<Link<'_>, Malformed> {
    let mut read = Link::default();
    let mut reader = Reader::new(bytes);
    while let Some((number, field)) = reader.next()? {
        match number {
            link::TRACE_ID => read.trace_id = TraceId::from_slice(field.bytes()?).ok(),
            link::SPAN_ID => read.span_id = SpanId::from_slice(field.bytes()?).ok(),
            link::TRACE_STATE => read.trace_state = text(field.bytes()?),
            link::ATTRIBUTES => read.attributes.push(attribute(field.bytes()?, 0)?),
            link::DROPPED_ATTRIBUTES => read.dropped_attributes = field.uint32()?,
            link::FLAGS => read.flags = field.fixed32()?,
            _ => {}
        }
    }
    Ok(read)
}

fn read_status(bytes: &[u8]) -> Result<Status<'_>, Malformed> {
    let mut read = Status::default();
    let mut reader = Reader::new(bytes);
    while let Some((number, field)) = reader.next()? {
        match number {
            status::MESSAGE => read.message = text(field.bytes()?),
            status::CODE => read.code = StatusCode::from_number(field.varint()?),
            _ => {}
        }
    }
    Ok(read)
}

fn attribute(bytes: &[u8], depth: usize) -> Result<Attribute<'_>, Malformed> {
    let mut read = Attribute::new("", Value::Empty);
    let mut reader = Reader::new(bytes);
    while let Some((number, field)) = reader.next()? {
        match number {
            key_value::KEY => read.key = text(field.bytes()?),
            key_value::VALUE => read.value = value(field.bytes()?, depth)?,
            _ => {}
        }
    }
    Ok(read)
}

fn value(bytes: &[u8], depth: usize) -> Result<Value<'_>, Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed("a value lies too deep in others"));
    }
    let mut read = Value::Empty;
    let mut reader = Reader::new(bytes);
    while let Some((number, field)) = reader.next()? {
        read = match number {
            any_value::STRING => string(field.bytes()?),
            any_value::BOOL => Value::Bool(field.varint()? != 0),
            any_value::INT => Value::Int(field.varint()?.cast_signed()),
            any_value::DOUBLE => Value::Double(f64::from_bits(field.fixed64()?)),
            any_value::ARRAY => Value::Array(elements(field.bytes()?, depth, value)?),
            any_value::MAP => Value::Map(elements(field.bytes()?, depth, attribute)?),
            any_value::BYTES => Value::Bytes(Cow::Borrowed(field.bytes()?)),
            _ => read,
        };
    }
    Ok(read)
}

fn elements<'a, T>(
    bytes: &'a [u8],
    depth: usize,
    element: fn(&'a [u8], usize) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut read = Vec::new();
    let mut reader = Reader::new(bytes);
    while let Some((number, field)) = reader.next()? {
        if number == VALUES {
            read.push(element(field.bytes()?, depth + 1)?);
        }
    }
    Ok(read)
}

/// A string value. Bytes that are not UTF-8 stay what they are: bytes.
fn string(bytes: &[u8]) -> Value<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::String(Cow::Borrowed(text)),
        Err(_) => Value::Bytes(Cow::Borrowed(bytes)),
    }
}

/// A name. What is not UTF-8 is replaced by U+FFFD, so that one bad byte does not cost the span.
fn text(bytes: &[u8]) -> Text<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}
