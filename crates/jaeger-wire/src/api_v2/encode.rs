//! model.proto's messages, written straight from borrowed data.

use super::output::{bytes, double, element, length, message, number};
use super::time::{duration, timestamp};
use super::{Batch, Log, Span};
use crate::model::{Process, RefType, SpanRef, Tag, TagValue};

/// How many bytes the length of most messages has: one, up to 127 bytes.
const SMALL: usize = 1;
/// And that of a span or a process: two, up to 16 KiB.
const MEDIUM: usize = 2;
/// And that of a batch: three, up to 2 MiB.
const LARGE: usize = 3;

/// Appends a whole `PostSpansRequest`.
pub fn encode_post_spans(batch: &Batch<'_>, out: &mut Vec<u8>) {
    message::<LARGE>(1, out, |out| {
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
    length(1, batch_len, out);
}

/// Appends one span as an element of a `Batch`'s `spans` field.
///
/// A time beyond what 64 bits of seconds can tell becomes the nearest that they can.
pub fn encode_span(span: &Span<'_>, out: &mut Vec<u8>) {
    message::<MEDIUM>(1, out, |out| {
        bytes(1, &span.trace_id, out);
        bytes(2, &span.span_id, out);
        bytes(3, span.operation_name.as_bytes(), out);
        for reference in &span.references {
            message::<SMALL>(4, out, |out| self::reference(reference, out));
        }
        number(5, span.flags.into(), out);
        time(6, timestamp(span.start_time), out);
        time(7, duration(span.duration), out);
        tags(8, &span.tags, out);
        for log in &span.logs {
            message::<SMALL>(9, out, |out| self::log(log, out));
        }
        if let Some(process) = &span.process {
            message::<MEDIUM>(10, out, |out| self::process(process, out));
        }
        bytes(11, span.process_id.as_bytes(), out);
        for warning in &span.warnings {
            element(12, warning.as_bytes(), out);
        }
    });
}

/// Appends the `process` field of a `Batch`.
pub fn encode_process(process: &Process<'_>, out: &mut Vec<u8>) {
    message::<MEDIUM>(2, out, |out| self::process(process, out));
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
    time(1, timestamp(log.timestamp), out);
    tags(2, &log.fields, out);
}

fn tags(field: u8, tags: &[Tag<'_>], out: &mut Vec<u8>) {
    for tag in tags {
        message::<SMALL>(field, out, |out| self::tag(tag, out));
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
            double(6, *value, out);
        }
        TagValue::Binary(value) => {
            number(2, 4, out);
            bytes(7, value, out);
        }
    }
}

/// A `Timestamp` or a `Duration`, by its parts. It is written even if both are zero: Go's receivers
/// take a time that is absent for the year 1.
fn time(field: u8, (seconds, nanos): (i64, i64), out: &mut Vec<u8>) {
    message::<SMALL>(field, out, |out| {
        number(1, seconds.cast_unsigned(), out);
        number(2, nanos.cast_unsigned(), out);
    });
}
