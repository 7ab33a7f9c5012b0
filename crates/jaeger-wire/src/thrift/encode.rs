//! jaeger.thrift's structs, written by either protocol. Optional lists that are empty are left out.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift>

use super::output::{Kind, Output, fitting};
use super::{Log, Span};
use crate::model::{Process, RefType, SpanRef, Tag, TagValue};

/// The fields of a `Batch` up to its first span.
pub(super) fn batch_head(process: &Process<'_>, spans: usize, out: &mut impl Output) {
    out.field(1, Kind::Struct);
    let outer = out.begin();
    out.bytes_field(1, process.service_name.as_bytes());
    optional_list(2, &process.tags, out, tag);
    out.end(outer);
    out.field(2, Kind::List);
    out.list(spans);
}

pub(super) fn span(span: &Span<'_>, out: &mut impl Output) {
    let outer = out.begin();
    let (high, low) = halves(span.trace_id);
    out.i64_field(1, low);
    out.i64_field(2, high);
    out.i64_field(3, i64::from_be_bytes(span.span_id));
    out.i64_field(4, i64::from_be_bytes(span.parent_span_id));
    out.bytes_field(5, span.operation_name.as_bytes());
    optional_list(6, &span.references, out, reference);
    out.i32_field(7, span.flags);
    out.i64_field(8, span.start_time);
    out.i64_field(9, span.duration);
    optional_list(10, &span.tags, out, tag);
    optional_list(11, &span.logs, out, log);
    out.end(outer);
}

fn reference(reference: &SpanRef, out: &mut impl Output) {
    let outer = out.begin();
    let (high, low) = halves(reference.trace_id);
    let ref_type = match reference.ref_type {
        RefType::ChildOf => 0,
        RefType::FollowsFrom => 1,
    };
    out.i32_field(1, ref_type);
    out.i64_field(2, low);
    out.i64_field(3, high);
    out.i64_field(4, i64::from_be_bytes(reference.span_id));
    out.end(outer);
}

fn log(log: &Log<'_>, out: &mut impl Output) {
    let outer = out.begin();
    out.i64_field(1, log.timestamp);
    list(2, &log.fields, out, tag);
    out.end(outer);
}

fn tag(tag: &Tag<'_>, out: &mut impl Output) {
    let outer = out.begin();
    out.bytes_field(1, tag.key.as_bytes());
    match &tag.value {
        TagValue::String(value) => {
            out.i32_field(2, 0);
            out.bytes_field(3, value.as_bytes());
        }
        TagValue::Double(value) => {
            out.i32_field(2, 1);
            out.field(4, Kind::Double);
            out.double(*value);
        }
        TagValue::Bool(value) => {
            out.i32_field(2, 2);
            out.bool_field(5, *value);
        }
        TagValue::Long(value) => {
            out.i32_field(2, 3);
            out.i64_field(6, *value);
        }
        TagValue::Binary(value) => {
            out.i32_field(2, 4);
            out.bytes_field(7, value);
        }
    }
    out.end(outer);
}

/// A list that is left out when it is empty.
fn optional_list<T, O: Output>(id: i16, items: &[T], out: &mut O, write: impl Fn(&T, &mut O)) {
    if !items.is_empty() {
        list(id, items, out, write);
    }
}

fn list<T, O: Output>(id: i16, items: &[T], out: &mut O, write: impl Fn(&T, &mut O)) {
    let (_, items) = fitting(items);
    out.field(id, Kind::List);
    out.list(items.len());
    for item in items {
        write(item, out);
    }
}

fn halves(trace_id: [u8; 16]) -> (i64, i64) {
    let id = u128::from_be_bytes(trace_id).cast_signed();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the halves of the id are what is wanted"
    )]
    ((id >> 64) as i64, id as i64)
}
