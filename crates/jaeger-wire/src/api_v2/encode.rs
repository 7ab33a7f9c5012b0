//! The protobuf encoding, written straight from borrowed data. Fields that hold their default are
//! left out, as proto3 asks.

use super::{Batch, Log, Span, time};
use crate::model::{Process, RefType, SpanRef, Tag, TagValue};
use crate::varint;

/// The wire types of protobuf that the model uses.
const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;

/// Appends a whole `PostSpansRequest`.
pub fn encode_post_spans(batch: &Batch<'_>, out: &mut Vec<u8>) {
    message(1, out, |out| {
        for span in &batch.spans {
            encode_span(span, out);
        }
        if let Some(process) = &batch.process {
            encode_process(process, out);
        }
    });
}

/// Appends the head of a `PostSpansRequest`. The caller appends the `batch_len` bytes that
/// [`encode_span`] and [`encode_process`] wrote.
pub fn begin_post_spans(batch_len: usize, out: &mut Vec<u8>) {
    key(1, LENGTH, out);
    varint::write(batch_len as u64, out);
}

/// Appends one span as an element of a `Batch`'s `spans` field.
pub fn encode_span(span: &Span<'_>, out: &mut Vec<u8>) {
    message(1, out, |out| {
        bytes(1, &span.trace_id, out);
        bytes(2, &span.span_id, out);
        bytes(3, span.operation_name.as_bytes(), out);
        for reference in &span.references {
            message(4, out, |out| self::reference(reference, out));
        }
        number(5, span.flags.into(), out);
        message(6, out, |out| time(time::timestamp(span.start_time), out));
        message(7, out, |out| time(time::duration(span.duration), out));
        tags(8, &span.tags, out);
        for log in &span.logs {
            message(9, out, |out| self::log(log, out));
        }
        if let Some(process) = &span.process {
            message(10, out, |out| self::process(process, out));
        }
        bytes(11, span.process_id.as_bytes(), out);
        for warning in &span.warnings {
            element(12, warning.as_bytes(), out);
        }
    });
}

/// Appends the `process` field of a `Batch`.
pub fn encode_process(process: &Process<'_>, out: &mut Vec<u8>) {
    message(2, out, |out| self::process(process, out));
}

fn process(process: &Process<'_>, out: &mut Vec<u8>) {
    bytes(1, process.service_name.as_bytes(), out);
    tags(2, &process.tags, out);
}

fn reference(reference: &SpanRef, out: &mut Vec<u8>) {
    bytes(1, &reference.trace_id, out);
    bytes(2, &reference.span_id, out);
    let ref_type = match reference.ref_type {
        RefType::ChildOf => 0,
        RefType::FollowsFrom => 1,
    };
    number(3, ref_type, out);
}

fn log(log: &Log<'_>, out: &mut Vec<u8>) {
    message(1, out, |out| time(time::timestamp(log.timestamp), out));
    tags(2, &log.fields, out);
}

fn tags(field: u8, tags: &[Tag<'_>], out: &mut Vec<u8>) {
    for tag in tags {
        message(field, out, |out| self::tag(tag, out));
    }
}

fn tag(tag: &Tag<'_>, out: &mut Vec<u8>) {
    bytes(1, tag.key.as_bytes(), out);
    match &tag.value {
        TagValue::String(value) => bytes(3, value.as_bytes(), out),
        TagValue::Bool(value) => {
            number(2, 1, out);
            number(4, (*value).into(), out);
        }
        TagValue::Long(value) => {
            number(2, 2, out);
            number(5, value.cast_unsigned(), out);
        }
        TagValue::Double(value) => {
            number(2, 3, out);
            // By its bits: -0.0 is not the default.
            if value.to_bits() != 0 {
                key(6, FIXED64, out);
                out.extend_from_slice(&value.to_le_bytes());
            }
        }
        TagValue::Binary(value) => {
            number(2, 4, out);
            bytes(7, value, out);
        }
    }
}

/// The parts of a `Timestamp` or a `Duration`.
fn time((seconds, nanos): (i64, i64), out: &mut Vec<u8>) {
    number(1, seconds.cast_unsigned(), out);
    number(2, nanos.cast_unsigned(), out);
}

/// A bytes or string field, left out when empty.
fn bytes(field: u8, value: &[u8], out: &mut Vec<u8>) {
    if !value.is_empty() {
        element(field, value, out);
    }
}

/// An element of a repeated bytes or string field.
fn element(field: u8, value: &[u8], out: &mut Vec<u8>) {
    key(field, LENGTH, out);
    varint::write(value.len() as u64, out);
    out.extend_from_slice(value);
}

/// An integer, boolean or enum field, left out when zero.
fn number(field: u8, value: u64, out: &mut Vec<u8>) {
    if value != 0 {
        key(field, VARINT, out);
        varint::write(value, out);
    }
}

/// A message field. Its length stands before it and is known only after it: one byte is left for it,
/// and a longer message is moved up by what its length needs more.
fn message(field: u8, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    key(field, LENGTH, out);
    let start = out.len().saturating_add(1);
    out.push(0);
    write(out);

    let end = out.len();
    let length = end.saturating_sub(start);
    let (head, used) = varint::bytes(length as u64);
    let more = used.saturating_sub(1);
    if more > 0 {
        out.resize(end.saturating_add(more), 0);
        out.copy_within(start..end, start.saturating_add(more));
    }
    let first = start.saturating_sub(1);
    if let (Some(to), Some(from)) = (
        out.get_mut(first..first.saturating_add(used)),
        head.get(..used),
    ) {
        to.copy_from_slice(from);
    }
}

/// All field numbers of the model are below 16: a key is one byte.
fn key(field: u8, wire_type: u8, out: &mut Vec<u8>) {
    out.push(field << 3 | wire_type);
}
