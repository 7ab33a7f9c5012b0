//! OTLP's `ExportTraceServiceRequest` as protobuf.
//!
//! IDL: <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto>

use super::chunks::groups;
use super::protobuf::{Field, Message, fields};
use crate::model::{Attribute, Event, Link, Span, Status, Value};

/// Encodes a request with these spans.
pub(super) fn request(spans: &[&Span]) -> Vec<u8> {
    let mut request = Message::default();
    for group in groups(spans) {
        request.message(1, |out| write_group(out, group));
    }
    request.finish()
}

/// The number of rejected spans in an answer.
pub(super) fn rejected(answer: &[u8]) -> usize {
    let partial = fields(answer).into_iter().find_map(|field| match field {
        (1, Field::Bytes(partial)) => Some(partial),
        _ => None,
    });
    let count = fields(partial.unwrap_or_default())
        .into_iter()
        .find_map(|field| match field {
            (1, Field::Varint(count)) => usize::try_from(count).ok(),
            _ => None,
        });
    count.unwrap_or_default()
}

fn write_group(out: &mut Message, spans: &[&Span]) {
    let Some(first) = spans.first() else { return };
    let (resource, scope) = (&first.resource, &first.scope);
    out.message(1, |out| {
        write_attributes(out, 1, &resource.attributes);
        out.number(2, resource.dropped.into());
    });
    out.message(2, |out| {
        out.message(1, |out| {
            out.text(1, &scope.name);
            out.text(2, &scope.version);
            write_attributes(out, 3, &scope.attributes);
            out.number(4, scope.dropped.into());
        });
        for span in spans {
            out.message(2, |out| write_span(out, span));
        }
        out.text(3, &scope.schema_url);
    });
    out.text(3, &resource.schema_url);
}

fn write_span(out: &mut Message, span: &Span) {
    out.bytes(1, &span.trace_id.0);
    out.bytes(2, &span.span_id.0);
    out.text(3, &span.trace_state);
    if let Some(parent) = span.parent {
        out.bytes(4, &parent.0);
    }
    out.text(5, &span.name);
    out.number(6, span.kind as u64);
    out.fixed64(7, span.start);
    out.fixed64(8, span.end);
    write_attributes(out, 9, &span.attributes);
    out.number(10, span.dropped.attributes.into());
    for event in &span.events {
        out.message(11, |out| write_event(out, event));
    }
    out.number(12, span.dropped.events.into());
    for link in &span.links {
        out.message(13, |out| write_link(out, link));
    }
    out.number(14, span.dropped.links.into());
    if span.status != Status::default() {
        out.message(15, |out| {
            out.text(2, &span.status.message);
            out.number(3, span.status.code as u64);
        });
    }
    if span.flags != 0 {
        out.fixed32(16, span.flags);
    }
}

fn write_event(out: &mut Message, event: &Event) {
    out.fixed64(1, event.time);
    out.text(2, &event.name);
    write_attributes(out, 3, &event.attributes);
    out.number(4, event.dropped.into());
}

fn write_link(out: &mut Message, link: &Link) {
    out.bytes(1, &link.trace_id.0);
    out.bytes(2, &link.span_id.0);
    out.text(3, &link.trace_state);
    write_attributes(out, 4, &link.attributes);
    out.number(5, link.dropped.into());
    if link.flags != 0 {
        out.fixed32(6, link.flags);
    }
}

pub(super) fn write_attributes(out: &mut Message, field: u32, attributes: &[Attribute]) {
    for attribute in attributes {
        out.message(field, |out| {
            out.text(1, &attribute.key);
            // Written even if it is empty: a missing value crashes some backends.
            out.message(2, |out| write_value(out, &attribute.value));
        });
    }
}

pub(super) fn write_value(out: &mut Message, value: &Value) {
    match value {
        Value::Empty => {}
        Value::String(text) => out.bytes(1, text.as_bytes()),
        Value::Bool(bool) => out.varint(2, u64::from(*bool)),
        Value::Int(int) => out.varint(3, int.cast_unsigned()),
        Value::Double(double) => out.fixed64(4, double.to_bits()),
        Value::Array(values) => out.message(5, |out| {
            for value in values {
                out.message(1, |out| write_value(out, value));
            }
        }),
        Value::Map(entries) => out.message(6, |out| write_attributes(out, 1, entries)),
        Value::Bytes(bytes) => out.bytes(7, bytes),
    }
}
