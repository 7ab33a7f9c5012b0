//! Decodes model.proto's messages: borrowed and bounded, with the offset of every error.

use std::borrow::Cow;

use super::input::{each_field, occurrences};
use super::time::Time;
use super::{Batch, Log, Span};
use crate::cursor::Cursor;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::model::{Process, RefType, SpanRef, Tag, TagValue};

/// Decodes a `PostSpansRequest`.
///
/// # Errors
/// [`DecodeError`] with the offset of the first invalid byte. A span must have a trace id of 16 or
/// 8 bytes and a span id of 8; other absent fields have their defaults, as in proto3.
pub fn decode_post_spans(bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    let mut batch = Batch::default();
    each_field(Cursor::new(bytes), |input, field| match field.number {
        1 => merge_batch(field.message(input, "PostSpansRequest.batch")?, &mut batch),
        _ => field.skip(input),
    })?;
    Ok(batch)
}

fn merge_batch<'a>(message: Cursor<'a>, batch: &mut Batch<'a>) -> Result<(), DecodeError> {
    let [_, spans, ..] = occurrences(message);
    make_room(&mut batch.spans, spans);
    each_field(message, |input, field| {
        match field.number {
            1 => batch
                .spans
                .push(span(field.message(input, "Batch.spans")?)?),
            2 => merge_process(
                field.message(input, "Batch.process")?,
                batch.process.get_or_insert_default(),
            )?,
            _ => field.skip(input)?,
        }
        Ok(())
    })
}

fn span(message: Cursor<'_>) -> Result<Span<'_>, DecodeError> {
    let [
        _,
        _,
        _,
        _,
        references,
        _,
        _,
        _,
        tags,
        logs,
        _,
        _,
        warnings,
        ..,
    ] = occurrences(message);
    let mut span = Span {
        references: Vec::with_capacity(references),
        tags: Vec::with_capacity(tags),
        logs: Vec::with_capacity(logs),
        warnings: Vec::with_capacity(warnings),
        ..Span::default()
    };
    let (mut trace_id, mut span_id) = (None, None);
    let (mut start, mut duration) = (Time::default(), Time::default());
    each_field(message, |input, field| {
        match field.number {
            1 => trace_id = Some(field.trace_id(input, "Span.trace_id")?),
            2 => span_id = Some(field.span_id(input, "Span.span_id")?),
            3 => span.operation_name = field.text(input, "Span.operation_name")?,
            4 => {
                let message = field.message(input, "Span.references")?;
                span.references.push(reference(message)?);
            }
            5 => span.flags = field.varint32(input, "Span.flags")?,
            6 => start.merge(field.message(input, "Span.start_time")?)?,
            7 => duration.merge(field.message(input, "Span.duration")?)?,
            8 => span.tags.push(tag(field.message(input, "Span.tags")?)?),
            9 => span.logs.push(log(field.message(input, "Span.logs")?)?),
            10 => merge_process(
                field.message(input, "Span.process")?,
                span.process.get_or_insert_default(),
            )?,
            11 => span.process_id = field.text(input, "Span.process_id")?,
            12 => span.warnings.push(field.text(input, "Span.warnings")?),
            _ => field.skip(input)?,
        }
        Ok(())
    })?;
    span.trace_id = trace_id.ok_or_else(|| missing(message, "Span.trace_id"))?;
    span.span_id = span_id.ok_or_else(|| missing(message, "Span.span_id"))?;
    span.start_time = start.total();
    span.duration = duration.total();
    Ok(span)
}

fn merge_process<'a>(message: Cursor<'a>, process: &mut Process<'a>) -> Result<(), DecodeError> {
    let [_, _, tags, ..] = occurrences(message);
    make_room(&mut process.tags, tags);
    each_field(message, |input, field| {
        match field.number {
            1 => process.service_name = field.text(input, "Process.service_name")?,
            2 => process
                .tags
                .push(tag(field.message(input, "Process.tags")?)?),
            _ => field.skip(input)?,
        }
        Ok(())
    })
}

fn reference(message: Cursor<'_>) -> Result<SpanRef, DecodeError> {
    let mut reference = SpanRef {
        ref_type: RefType::ChildOf,
        trace_id: [0; 16],
        span_id: [0; 8],
    };
    each_field(message, |input, field| {
        match field.number {
            1 => reference.trace_id = field.trace_id(input, "SpanRef.trace_id")?,
            2 => reference.span_id = field.span_id(input, "SpanRef.span_id")?,
            3 => {
                reference.ref_type = match field.varint32(input, "SpanRef.ref_type")? {
                    0 => RefType::ChildOf,
                    _ => RefType::FollowsFrom,
                }
            }
            _ => field.skip(input)?,
        }
        Ok(())
    })?;
    Ok(reference)
}

fn log(message: Cursor<'_>) -> Result<Log<'_>, DecodeError> {
    let [_, _, fields, ..] = occurrences(message);
    let mut log = Log {
        timestamp: 0,
        fields: Vec::with_capacity(fields),
    };
    let mut timestamp = Time::default();
    each_field(message, |input, field| {
        match field.number {
            1 => timestamp.merge(field.message(input, "Log.timestamp")?)?,
            2 => log.fields.push(tag(field.message(input, "Log.fields")?)?),
            _ => field.skip(input)?,
        }
        Ok(())
    })?;
    log.timestamp = timestamp.total();
    Ok(log)
}

fn tag(message: Cursor<'_>) -> Result<Tag<'_>, DecodeError> {
    let (mut key, mut v_type) = (Cow::Borrowed(""), 0);
    let (mut string, mut binary) = (Cow::Borrowed(""), Cow::Borrowed(&[][..]));
    let (mut bool, mut long, mut double) = (false, 0, 0.0);
    each_field(message, |input, field| {
        match field.number {
            1 => key = field.text(input, "KeyValue.key")?,
            2 => v_type = field.varint32(input, "KeyValue.v_type")?,
            3 => string = field.text(input, "KeyValue.v_str")?,
            4 => bool = field.varint(input, "KeyValue.v_bool")? != 0,
            5 => long = field.varint(input, "KeyValue.v_int64")?.cast_signed(),
            6 => double = field.double(input, "KeyValue.v_float64")?,
            7 => binary = Cow::Borrowed(field.bytes(input, "KeyValue.v_binary")?),
            _ => field.skip(input)?,
        }
        Ok(())
    })?;
    let value = match v_type {
        1 => TagValue::Bool(bool),
        2 => TagValue::Long(long),
        3 => TagValue::Double(double),
        4 => TagValue::Binary(binary),
        // A value of an unknown, later type is read as the text that may accompany it.
        _ => TagValue::String(string),
    };
    Ok(Tag { key, value })
}

/// Makes room for the elements of a message that may occur more than once. If it occurs twice it
/// may occur thousands of times with one element each; the elements must not be moved every time.
fn make_room<T>(elements: &mut Vec<T>, more: usize) {
    if elements.is_empty() {
        elements.reserve_exact(more);
    } else {
        elements.reserve(more);
    }
}

#[cold]
fn missing(message: Cursor<'_>, field: &'static str) -> DecodeError {
    DecodeError::new(message.offset(), DecodeErrorKind::Missing { field })
}
