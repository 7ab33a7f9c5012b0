//! The protobuf decoding: borrowed, bounded, and every error with its offset.

use std::borrow::Cow;

use super::{Batch, Log, Span};
use crate::{DecodeError, Process, RefType, SpanRef, Tag, TagValue, error::DecodeErrorKind};

const NANOS: i128 = 1_000_000_000;

/// Reads a `PostSpansRequest`.
///
/// # Errors
/// [`DecodeError`] with the offset at which the bytes stop being one. A trace id must have 16 or 8
/// bytes and a span id 8; an absent id is all zero.
pub fn decode_post_spans(bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    let mut batch = Batch::default();
    each_field(Input::new(bytes), |input, field| {
        match field.number {
            1 => merge_batch(input.message(field, "PostSpansRequest.batch")?, &mut batch)?,
            _ => input.skip(field)?,
        }
        Ok(())
    })?;
    Ok(batch)
}

fn merge_batch<'a>(input: Input<'a>, batch: &mut Batch<'a>) -> Result<(), DecodeError> {
    each_field(input, |input, field| {
        match field.number {
            1 => batch
                .spans
                .push(span(input.message(field, "Batch.spans")?)?),
            2 => batch.process = Some(process(input.message(field, "Batch.process")?)?),
            _ => input.skip(field)?,
        }
        Ok(())
    })
}

fn span(input: Input<'_>) -> Result<Span<'_>, DecodeError> {
    let mut span = Span::default();
    each_field(input, |input, field| {
        match field.number {
            1 => span.trace_id = input.trace_id(field, "Span.trace_id")?,
            2 => span.span_id = input.span_id(field, "Span.span_id")?,
            3 => span.operation_name = input.text(field, "Span.operation_name")?,
            4 => span
                .references
                .push(reference(input.message(field, "Span.references")?)?),
            5 => span.flags = low_half(input.number(field, "Span.flags")?),
            6 => span.start_time = time(input.message(field, "Span.start_time")?)?,
            7 => span.duration = time(input.message(field, "Span.duration")?)?,
            8 => span.tags.push(tag(input.message(field, "Span.tags")?)?),
            9 => span.logs.push(log(input.message(field, "Span.logs")?)?),
            10 => span.process = Some(process(input.message(field, "Span.process")?)?),
            11 => span.process_id = input.text(field, "Span.process_id")?,
            12 => span.warnings.push(input.text(field, "Span.warnings")?),
            _ => input.skip(field)?,
        }
        Ok(())
    })?;
    Ok(span)
}

fn process(input: Input<'_>) -> Result<Process<'_>, DecodeError> {
    let mut process = Process::default();
    each_field(input, |input, field| {
        match field.number {
            1 => process.service_name = input.text(field, "Process.service_name")?,
            2 => process
                .tags
                .push(tag(input.message(field, "Process.tags")?)?),
            _ => input.skip(field)?,
        }
        Ok(())
    })?;
    Ok(process)
}

fn reference(input: Input<'_>) -> Result<SpanRef, DecodeError> {
    let mut reference = SpanRef {
        ref_type: RefType::ChildOf,
        trace_id: [0; 16],
        span_id: [0; 8],
    };
    each_field(input, |input, field| {
        match field.number {
            1 => reference.trace_id = input.trace_id(field, "SpanRef.trace_id")?,
            2 => reference.span_id = input.span_id(field, "SpanRef.span_id")?,
            3 => {
                reference.ref_type = match input.number(field, "SpanRef.ref_type")? {
                    0 => RefType::ChildOf,
                    _ => RefType::FollowsFrom,
                }
            }
            _ => input.skip(field)?,
        }
        Ok(())
    })?;
    Ok(reference)
}

fn log(input: Input<'_>) -> Result<Log<'_>, DecodeError> {
    let mut log = Log::default();
    each_field(input, |input, field| {
        match field.number {
            1 => log.timestamp = time(input.message(field, "Log.timestamp")?)?,
            2 => log.fields.push(tag(input.message(field, "Log.fields")?)?),
            _ => input.skip(field)?,
        }
        Ok(())
    })?;
    Ok(log)
}

fn tag(input: Input<'_>) -> Result<Tag<'_>, DecodeError> {
    let mut key = Cow::Borrowed("");
    let mut v_type = 0;
    let mut string = Cow::Borrowed("");
    let (mut bool, mut long, mut double) = (false, 0, 0.0);
    let mut binary: &[u8] = &[];
    each_field(input, |input, field| {
        match field.number {
            1 => key = input.text(field, "KeyValue.key")?,
            2 => v_type = input.number(field, "KeyValue.v_type")?,
            3 => string = input.text(field, "KeyValue.v_str")?,
            4 => bool = input.number(field, "KeyValue.v_bool")? != 0,
            5 => long = input.number(field, "KeyValue.v_int64")?.cast_signed(),
            6 => double = input.double(field, "KeyValue.v_float64")?,
            7 => binary = input.bytes(field, "KeyValue.v_binary")?,
            _ => input.skip(field)?,
        }
        Ok(())
    })?;
    let value = match v_type {
        1 => TagValue::Bool(bool),
        2 => TagValue::Long(long),
        3 => TagValue::Double(double),
        4 => TagValue::Binary(Cow::Borrowed(binary)),
        // A type of the future is read as the text that may stand beside it.
        _ => TagValue::String(string),
    };
    Ok(Tag { key, value })
}

/// A `Timestamp` or a `Duration`: both are seconds and nanoseconds.
fn time(input: Input<'_>) -> Result<i128, DecodeError> {
    let (mut seconds, mut nanos) = (0, 0);
    each_field(input, |input, field| {
        match field.number {
            1 => seconds = input.number(field, "seconds")?.cast_signed(),
            2 => nanos = low_half(input.number(field, "nanos")?).cast_signed(),
            _ => input.skip(field)?,
        }
        Ok(())
    })?;
    let seconds = i128::from(seconds).saturating_mul(NANOS);
    Ok(seconds.saturating_add(nanos.into()))
}

/// Protobuf cuts an integer that is too large for its field.
#[expect(clippy::cast_possible_truncation, reason = "as protobuf demands")]
fn low_half(value: u64) -> u32 {
    value as u32
}

/// Hands each field of a message to `read`, which must read or skip its value.
fn each_field<'a>(
    mut input: Input<'a>,
    mut read: impl FnMut(&mut Input<'a>, Field) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    while let Some(field) = input.field()? {
        read(&mut input, field)?;
    }
    Ok(())
}

/// The start of a field.
#[derive(Debug, Clone, Copy)]
struct Field {
    number: u64,
    wire_type: u8,
}

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;
const FIXED32: u8 = 5;

/// What is left of one message, and where it lies in the whole input.
#[derive(Debug, Clone, Copy)]
struct Input<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Input<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            offset: 0,
        }
    }

    fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError {
            offset: self.offset,
            kind,
        }
    }

    fn take(&mut self, length: usize, expected: &'static str) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            return Err(self.error(DecodeErrorKind::Incomplete { expected }));
        };
        self.rest = rest;
        self.offset = self.offset.saturating_add(length);
        Ok(taken)
    }

    fn varint(&mut self, expected: &'static str) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let Some((&byte, rest)) = self.rest.split_first() else {
                return Err(self.error(DecodeErrorKind::Incomplete { expected }));
            };
            self.rest = rest;
            self.offset = self.offset.saturating_add(1);
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.error(DecodeErrorKind::Unexpected {
            expected: "the last byte of a varint",
            found: 0x80,
        }))
    }

    fn field(&mut self) -> Result<Option<Field>, DecodeError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint("a field's key")?;
        Ok(Some(Field {
            number: key >> 3,
            wire_type: key.to_le_bytes()[0] & 0x07,
        }))
    }

    fn expect(&self, field: Field, wire_type: u8, name: &'static str) -> Result<(), DecodeError> {
        if field.wire_type == wire_type {
            Ok(())
        } else {
            Err(self.error(DecodeErrorKind::WrongType { field: name }))
        }
    }

    fn number(&mut self, field: Field, name: &'static str) -> Result<u64, DecodeError> {
        self.expect(field, VARINT, name)?;
        self.varint(name)
    }

    fn double(&mut self, field: Field, name: &'static str) -> Result<f64, DecodeError> {
        self.expect(field, FIXED64, name)?;
        let bytes = self.take(8, name)?;
        let bytes = bytes
            .try_into()
            .map_err(|_| self.error(DecodeErrorKind::Incomplete { expected: name }))?;
        Ok(f64::from_le_bytes(bytes))
    }

    fn bytes(&mut self, field: Field, name: &'static str) -> Result<&'a [u8], DecodeError> {
        self.expect(field, LENGTH, name)?;
        self.length_delimited(name)
    }

    fn length_delimited(&mut self, name: &'static str) -> Result<&'a [u8], DecodeError> {
        let size = self.varint(name)?;
        match usize::try_from(size) {
            Ok(length) if length <= self.rest.len() => self.take(length, name),
            _ => Err(self.error(DecodeErrorKind::Size {
                what: name,
                size: i64::try_from(size).unwrap_or(i64::MAX),
                left: self.rest.len(),
            })),
        }
    }

    fn text(&mut self, field: Field, name: &'static str) -> Result<Cow<'a, str>, DecodeError> {
        self.bytes(field, name).map(String::from_utf8_lossy)
    }

    fn message(&mut self, field: Field, name: &'static str) -> Result<Input<'a>, DecodeError> {
        let rest = self.bytes(field, name)?;
        Ok(Input {
            rest,
            offset: self.offset.saturating_sub(rest.len()),
        })
    }

    /// Sixteen bytes, or eight: the low half of an id whose high half is zero.
    fn trace_id(&mut self, field: Field, name: &'static str) -> Result<[u8; 16], DecodeError> {
        let bytes = self.bytes(field, name)?;
        if let Ok(id) = bytes.try_into() {
            return Ok(id);
        }
        match <[u8; 8]>::try_from(bytes) {
            Ok(low) => Ok(u128::from(u64::from_be_bytes(low)).to_be_bytes()),
            Err(_) => Err(self.error(DecodeErrorKind::WrongType { field: name })),
        }
    }

    fn span_id(&mut self, field: Field, name: &'static str) -> Result<[u8; 8], DecodeError> {
        let bytes = self.bytes(field, name)?;
        bytes
            .try_into()
            .map_err(|_| self.error(DecodeErrorKind::WrongType { field: name }))
    }

    /// Reads past a value. Groups, which proto3 does not have, are refused.
    fn skip(&mut self, field: Field) -> Result<(), DecodeError> {
        match field.wire_type {
            VARINT => self.varint("an unknown field").map(drop),
            FIXED64 => self.take(8, "an unknown field").map(drop),
            LENGTH => self.length_delimited("an unknown field").map(drop),
            FIXED32 => self.take(4, "an unknown field").map(drop),
            found => Err(self.error(DecodeErrorKind::Unexpected {
                expected: "a wire type of proto3",
                found,
            })),
        }
    }
}
