//! Jaeger's `PostSpansRequest`.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/model.proto>

use super::jaeger::{Tag, TagValue, fields, process, references, tags};
use super::protobuf::Message;
use crate::model::Span;

/// Encodes a request with these spans, which share a resource.
pub(super) fn request(spans: &[&Span]) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |batch| {
        for span in spans {
            batch.message(1, |out| write_span(out, span));
        }
        if let Some(span) = spans.first() {
            let (service, tags) = process(&span.resource);
            batch.message(2, |out| {
                out.text(1, service);
                write_tags(out, 2, &tags);
            });
        }
    });
    request.finish()
}

fn write_span(out: &mut Message, span: &Span) {
    out.bytes(1, &span.trace_id.0);
    out.bytes(2, &span.span_id.0);
    out.text(3, &span.name);
    for reference in references(span) {
        out.message(4, |out| {
            out.bytes(1, &reference.trace_id.0);
            out.bytes(2, &reference.span_id.0);
            out.number(3, reference.ref_type.into());
        });
    }
    out.number(5, u64::from(span.flags & 1));
    out.message(6, |out| write_nanos(out, span.start.into()));
    let duration = i128::from(span.end) - i128::from(span.start);
    out.message(7, |out| write_nanos(out, duration));
    write_tags(out, 8, &tags(span));
    for event in &span.events {
        out.message(9, |out| {
            out.message(1, |out| write_nanos(out, event.time.into()));
            write_tags(out, 2, &fields(event));
        });
    }
}

/// Writes seconds and nanoseconds; both are negative in a negative duration.
fn write_nanos(out: &mut Message, nanos: i128) {
    let number = |value: i128| i64::try_from(value).unwrap_or(i64::MAX).cast_unsigned();
    out.number(1, number(nanos / 1_000_000_000));
    out.number(2, number(nanos % 1_000_000_000));
}

fn write_tags(out: &mut Message, field: u32, tags: &[Tag<'_>]) {
    for tag in tags {
        out.message(field, |out| {
            out.text(1, tag.key);
            match &tag.value {
                TagValue::Text(text) => out.text(3, text),
                TagValue::Bool(bool) => {
                    out.number(2, 1);
                    out.number(4, u64::from(*bool));
                }
                TagValue::Int(int) => {
                    out.number(2, 2);
                    out.number(5, int.cast_unsigned());
                }
                TagValue::Double(double) => {
                    out.number(2, 3);
                    out.fixed64(6, double.to_bits());
                }
                TagValue::Binary(bytes) => {
                    out.number(2, 4);
                    out.bytes(7, bytes);
                }
            }
        });
    }
}
