//! Jaeger's Thrift, in both of Thrift's protocols.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift>

mod binary;
mod compact;

pub(super) use binary::Binary;
pub(super) use compact::Compact;

use super::jaeger::{Reference, Tag, TagValue, fields, process, references, tags};
use crate::model::{Event, Span};

/// The interface for writing a Thrift protocol. Fields are written in the order of their ids.
pub(super) trait Writer {
    /// Begins a call of `emitBatch`.
    fn message_start(&mut self);
    /// Begins a struct: a field, an element of a list, or a bare struct.
    fn struct_start(&mut self);
    /// Ends a struct.
    fn struct_end(&mut self);
    /// Begins a field that holds a struct.
    fn struct_field(&mut self, id: i16);
    /// Begins a field that holds a list of so many structs.
    fn list_field(&mut self, id: i16, len: usize);
    fn bool(&mut self, id: i16, value: bool);
    fn i32(&mut self, id: i16, value: i32);
    fn i64(&mut self, id: i16, value: i64);
    fn double(&mut self, id: i16, value: f64);
    fn binary(&mut self, id: i16, value: &[u8]);
    /// Returns the written bytes.
    fn take(&mut self) -> Vec<u8>;
}

/// Writes a bare `Batch`, the content of an HTTP body. The spans share a resource.
pub(super) fn batch(out: &mut impl Writer, spans: &[&Span]) -> Vec<u8> {
    write_batch(out, spans);
    out.take()
}

/// Writes a call of `emitBatch`, the content of a datagram. The spans share a resource.
pub(super) fn message(out: &mut impl Writer, spans: &[&Span]) -> Vec<u8> {
    out.message_start();
    out.struct_start();
    out.struct_field(1);
    write_batch(out, spans);
    out.struct_end();
    out.take()
}

fn write_batch(out: &mut impl Writer, spans: &[&Span]) {
    out.struct_start();
    out.struct_field(1);
    out.struct_start();
    let (service, tags) = spans
        .first()
        .map(|span| process(&span.resource))
        .unwrap_or_default();
    out.binary(1, service.as_bytes());
    write_tags(out, 2, &tags);
    out.struct_end();
    out.list_field(2, spans.len());
    for span in spans {
        write_span(out, span);
    }
    out.struct_end();
}

fn write_span(out: &mut impl Writer, span: &Span) {
    let (high, low) = halves(span.trace_id.0);
    out.struct_start();
    out.i64(1, low);
    out.i64(2, high);
    out.i64(3, i64::from_be_bytes(span.span_id.0));
    out.i64(4, span.parent.map_or(0, |id| i64::from_be_bytes(id.0)));
    out.binary(5, span.name.as_bytes());
    let references = references(span);
    out.list_field(6, references.len());
    for reference in &references {
        write_reference(out, reference);
    }
    out.i32(7, i32::from_be_bytes((span.flags & 1).to_be_bytes()));
    out.i64(8, micros(span.start));
    out.i64(9, duration(span));
    write_tags(out, 10, &tags(span));
    out.list_field(11, span.events.len());
    for event in &span.events {
        write_log(out, event);
    }
    out.struct_end();
}

fn write_reference(out: &mut impl Writer, reference: &Reference) {
    let (high, low) = halves(reference.trace_id.0);
    out.struct_start();
    out.i32(1, reference.ref_type.into());
    out.i64(2, low);
    out.i64(3, high);
    out.i64(4, i64::from_be_bytes(reference.span_id.0));
    out.struct_end();
}

fn write_log(out: &mut impl Writer, event: &Event) {
    out.struct_start();
    out.i64(1, micros(event.time));
    write_tags(out, 2, &fields(event));
    out.struct_end();
}

fn write_tags(out: &mut impl Writer, id: i16, tags: &[Tag<'_>]) {
    out.list_field(id, tags.len());
    for tag in tags {
        out.struct_start();
        out.binary(1, tag.key.as_bytes());
        match &tag.value {
            TagValue::Text(text) => {
                out.i32(2, 0);
                out.binary(3, text.as_bytes());
            }
            TagValue::Double(double) => {
                out.i32(2, 1);
                out.double(4, *double);
            }
            TagValue::Bool(bool) => {
                out.i32(2, 2);
                out.bool(5, *bool);
            }
            TagValue::Int(int) => {
                out.i32(2, 3);
                out.i64(6, *int);
            }
            TagValue::Binary(bytes) => {
                out.i32(2, 4);
                out.binary(7, bytes);
            }
        }
        out.struct_end();
    }
}

fn halves(id: [u8; 16]) -> (i64, i64) {
    let all = i128::from_be_bytes(id);
    let low = i64::from_be_bytes(*all.to_be_bytes().last_chunk().unwrap_or(&[0; 8]));
    let high = i64::from_be_bytes(*all.to_be_bytes().first_chunk().unwrap_or(&[0; 8]));
    (high, low)
}

/// Truncates a time to microseconds; saturates beyond the year 294,000.
fn micros(nanos: u64) -> i64 {
    i64::try_from(nanos / 1_000).unwrap_or(i64::MAX)
}

/// The duration in microseconds, rounded towards zero; negative if the span ends before it starts.
fn duration(span: &Span) -> i64 {
    let nanos = i128::from(span.end) - i128::from(span.start);
    i64::try_from(nanos / 1_000).unwrap_or(i64::MAX)
}
