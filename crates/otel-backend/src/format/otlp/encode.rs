//! Encodes spans to OTLP's bytes.

use super::fields::{VALUES, any_value, event, key_value, link, resource, scope, span, status};
use crate::format::protobuf::{
    write_bytes, write_fixed32, write_fixed64, write_member, write_message, write_text, write_uint,
};
use crate::model::{Attribute, Event, Link, Resource, Scope, Span, Status, Value};

/// Appends a `Span` message.
pub fn encode_span(it: &Span<'_>, out: &mut Vec<u8>) {
    write_bytes(span::TRACE_ID, it.trace_id.as_bytes(), out);
    write_bytes(span::SPAN_ID, it.span_id.as_bytes(), out);
    write_text(span::TRACE_STATE, &it.trace_state, out);
    if let Some(parent) = it.parent {
        write_bytes(span::PARENT_SPAN_ID, parent.as_bytes(), out);
    }
    write_text(span::NAME, &it.name, out);
    write_uint(span::KIND, it.kind.number().into(), out);
    write_fixed64(span::START, it.start.0, out);
    write_fixed64(span::END, it.end.0, out);
    encode_attributes(span::ATTRIBUTES, &it.attributes, out);
    write_uint(span::DROPPED_ATTRIBUTES, it.dropped.attributes.into(), out);
    for it in &it.events {
        write_message(span::EVENTS, out, |out| encode_event(it, out));
    }
    write_uint(span::DROPPED_EVENTS, it.dropped.events.into(), out);
    for it in &it.links {
        write_message(span::LINKS, out, |out| encode_link(it, out));
    }
    write_uint(span::DROPPED_LINKS, it.dropped.links.into(), out);
    if it.status != Status::default() {
        write_message(span::STATUS, out, |out| {
            write_text(status::MESSAGE, &it.status.message, out);
            write_uint(status::CODE, it.status.code.number().into(), out);
        });
    }
    if it.flags != 0 {
        write_fixed32(span::FLAGS, it.flags, out);
    }
}

/// Appends a `Resource` message, which does not include the schema URL.
pub fn encode_resource(it: &Resource<'_>, out: &mut Vec<u8>) {
    encode_attributes(resource::ATTRIBUTES, &it.attributes, out);
    write_uint(
        resource::DROPPED_ATTRIBUTES,
        it.dropped_attributes.into(),
        out,
    );
}

/// Appends an `InstrumentationScope` message, which does not include the schema URL.
pub fn encode_scope(it: &Scope<'_>, out: &mut Vec<u8>) {
    write_text(scope::NAME, &it.name, out);
    write_text(scope::VERSION, &it.version, out);
    encode_attributes(scope::ATTRIBUTES, &it.attributes, out);
    write_uint(scope::DROPPED_ATTRIBUTES, it.dropped_attributes.into(), out);
}

fn encode_event(it: &Event<'_>, out: &mut Vec<u8>) {
    write_fixed64(event::TIME, it.time.0, out);
    write_text(event::NAME, &it.name, out);
    encode_attributes(event::ATTRIBUTES, &it.attributes, out);
    write_uint(event::DROPPED_ATTRIBUTES, it.dropped_attributes.into(), out);
}

fn encode_link(it: &Link<'_>, out: &mut Vec<u8>) {
    if let Some(id) = it.trace_id {
        write_bytes(link::TRACE_ID, id.as_bytes(), out);
    }
    if let Some(id) = it.span_id {
        write_bytes(link::SPAN_ID, id.as_bytes(), out);
    }
    write_text(link::TRACE_STATE, &it.trace_state, out);
    encode_attributes(link::ATTRIBUTES, &it.attributes, out);
    write_uint(link::DROPPED_ATTRIBUTES, it.dropped_attributes.into(), out);
    if it.flags != 0 {
        write_fixed32(link::FLAGS, it.flags, out);
    }
}

pub(super) fn encode_attributes(number: u32, attributes: &[Attribute<'_>], out: &mut Vec<u8>) {
    for attribute in attributes {
        write_message(number, out, |out| encode_attribute(attribute, out));
    }
}

fn encode_attribute(it: &Attribute<'_>, out: &mut Vec<u8>) {
    write_text(key_value::KEY, &it.key, out);
    write_message(key_value::VALUE, out, |out| encode_value(&it.value, out));
}

pub(super) fn encode_value(it: &Value<'_>, out: &mut Vec<u8>) {
    match it {
        Value::Empty => {}
        Value::String(text) => write_bytes(any_value::STRING, text.as_bytes(), out),
        // A member of a oneof is written even if it is zero, since it tells which member is set.
        Value::Bool(bool) => write_member(any_value::BOOL, u64::from(*bool), out),
        Value::Int(int) => write_member(any_value::INT, int.cast_unsigned(), out),
        Value::Double(double) => write_fixed64(any_value::DOUBLE, double.to_bits(), out),
        Value::Array(values) => write_message(any_value::ARRAY, out, |out| {
            for value in values {
                write_message(VALUES, out, |out| encode_value(value, out));
            }
        }),
        Value::Map(entries) => write_message(any_value::MAP, out, |out| {
            encode_attributes(VALUES, entries, out);
        }),
        Value::Bytes(bytes) => write_bytes(any_value::BYTES, bytes, out),
    }
}
