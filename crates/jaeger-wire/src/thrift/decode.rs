//! Decodes jaeger.thrift's structs from either protocol.
//!
//! A field that the IDL requires must be present; an unknown field is skipped. The length of a list
//! is accepted only if the input can hold that many of the smallest elements.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift>

use std::borrow::Cow;

use super::input::{Field, Input, Least, Type};
use super::skip::skip;
use super::{Batch, Log, Span};
use crate::cursor;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::model::{Process, RefType, SpanRef, Tag, TagValue};

/// The fields found in a struct, by id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen(u32);

pub(super) fn batch<'a, I: Input<'a>>(input: &mut I) -> Result<Batch<'a>, DecodeError> {
    let start = input.cursor().offset();
    let mut batch = Batch::default();
    let seen = each_field(input, |input, field| {
        match field.id {
            1 => {
                field.expect(Type::Struct, "Batch.process")?;
                batch.process = process(input)?;
            }
            2 => batch.spans = list(input, field, I::LEAST.span(), "Batch.spans", span)?,
            // seqNo, stats, and fields of later versions.
            _ => skip(input, field.kind)?,
        }
        Ok(())
    })?;
    seen.require(start, &[(1, "Batch.process"), (2, "Batch.spans")])?;
    Ok(batch)
}

fn process<'a, I: Input<'a>>(input: &mut I) -> Result<Process<'a>, DecodeError> {
    let start = input.cursor().offset();
    let mut process = Process::default();
    let seen = each_field(input, |input, field| {
        match field.id {
            1 => process.service_name = text(input, field, "Process.serviceName")?,
            2 => process.tags = list(input, field, I::LEAST.tag(), "Process.tags", tag)?,
            _ => skip(input, field.kind)?,
        }
        Ok(())
    })?;
    seen.require(start, &[(1, "Process.serviceName")])?;
    Ok(process)
}

fn span<'a, I: Input<'a>>(input: &mut I) -> Result<Span<'a>, DecodeError> {
    const REQUIRED: [(u8, &str); 8] = [
        (1, "Span.traceIdLow"),
        (2, "Span.traceIdHigh"),
        (3, "Span.spanId"),
        (4, "Span.parentSpanId"),
        (5, "Span.operationName"),
        (7, "Span.flags"),
        (8, "Span.startTime"),
        (9, "Span.duration"),
    ];
    let start = input.cursor().offset();
    let mut span = Span::default();
    let (mut low, mut high) = (0, 0);
    let seen = each_field(input, |input, field| {
        match field.id {
            1 => low = i64(input, field, "Span.traceIdLow")?,
            2 => high = i64(input, field, "Span.traceIdHigh")?,
            3 => span.span_id = i64(input, field, "Span.spanId")?.to_be_bytes(),
            4 => span.parent_span_id = i64(input, field, "Span.parentSpanId")?.to_be_bytes(),
            5 => span.operation_name = text(input, field, "Span.operationName")?,
            6 => {
                let least = I::LEAST.reference();
                span.references = list(input, field, least, "Span.references", reference)?;
            }
            7 => span.flags = i32(input, field, "Span.flags")?,
            8 => span.start_time = i64(input, field, "Span.startTime")?,
            9 => span.duration = i64(input, field, "Span.duration")?,
            10 => span.tags = list(input, field, I::LEAST.tag(), "Span.tags", tag)?,
            11 => span.logs = list(input, field, I::LEAST.log(), "Span.logs", log)?,
            _ => skip(input, field.kind)?,
        }
        Ok(())
    })?;
    seen.require(start, &REQUIRED)?;
    span.trace_id = trace_id(high, low);
    Ok(span)
}

fn reference<'a, I: Input<'a>>(input: &mut I) -> Result<SpanRef, DecodeError> {
    const REQUIRED: [(u8, &str); 4] = [
        (1, "SpanRef.refType"),
        (2, "SpanRef.traceIdLow"),
        (3, "SpanRef.traceIdHigh"),
        (4, "SpanRef.spanId"),
    ];
    let start = input.cursor().offset();
    let (mut ref_type, mut low, mut high, mut id) = (0, 0, 0, 0);
    let seen = each_field(input, |input, field| {
        match field.id {
            1 => ref_type = i32(input, field, "SpanRef.refType")?,
            2 => low = i64(input, field, "SpanRef.traceIdLow")?,
            3 => high = i64(input, field, "SpanRef.traceIdHigh")?,
            4 => id = i64(input, field, "SpanRef.spanId")?,
            _ => skip(input, field.kind)?,
        }
        Ok(())
    })?;
    seen.require(start, &REQUIRED)?;
    Ok(SpanRef {
        ref_type: match ref_type {
            0 => RefType::ChildOf,
            _ => RefType::FollowsFrom,
        },
        trace_id: trace_id(high, low),
        span_id: id.to_be_bytes(),
    })
}

fn log<'a, I: Input<'a>>(input: &mut I) -> Result<Log<'a>, DecodeError> {
    let start = input.cursor().offset();
    let mut log = Log::default();
    let seen = each_field(input, |input, field| {
        match field.id {
            1 => log.timestamp = i64(input, field, "Log.timestamp")?,
            2 => log.fields = list(input, field, I::LEAST.tag(), "Log.fields", tag)?,
            _ => skip(input, field.kind)?,
        }
        Ok(())
    })?;
    seen.require(start, &[(1, "Log.timestamp"), (2, "Log.fields")])?;
    Ok(log)
}

fn tag<'a, I: Input<'a>>(input: &mut I) -> Result<Tag<'a>, DecodeError> {
    let start = input.cursor().offset();
    let (mut key, mut v_type) = (Cow::Borrowed(""), 0);
    let (mut string, mut binary) = (Cow::Borrowed(""), Cow::Borrowed(&[][..]));
    let (mut double, mut bool, mut long) = (0.0, false, 0);
    let seen = each_field(input, |input, field| {
        match field.id {
            1 => key = text(input, field, "Tag.key")?,
            2 => v_type = i32(input, field, "Tag.vType")?,
            3 => string = text(input, field, "Tag.vStr")?,
            4 => double = self::double(input, field, "Tag.vDouble")?,
            5 => bool = self::bool(input, field, "Tag.vBool")?,
            6 => long = i64(input, field, "Tag.vLong")?,
            7 => binary = Cow::Borrowed(bytes(input, field, "Tag.vBinary")?),
            _ => skip(input, field.kind)?,
        }
        Ok(())
    })?;
    seen.require(start, &[(1, "Tag.key"), (2, "Tag.vType")])?;
    let value = match v_type {
        1 => TagValue::Double(double),
        2 => TagValue::Bool(bool),
        3 => TagValue::Long(long),
        4 => TagValue::Binary(binary),
        // A value of an unknown, later type is read as the text that may accompany it.
        _ => TagValue::String(string),
    };
    Ok(Tag { key, value })
}

/// Calls `read` for each field of a struct; `read` must consume the value.
pub(super) fn each_field<'a, I: Input<'a>>(
    input: &mut I,
    mut read: impl FnMut(&mut I, Field) -> Result<(), DecodeError>,
) -> Result<Seen, DecodeError> {
    let mut seen = Seen(0);
    let mut previous = 0;
    while let Some(field) = input.field(previous)? {
        read(input, field)?;
        seen.add(field.id);
        previous = field.id;
    }
    Ok(seen)
}

/// Reads a list of structs of at least `least` bytes each.
fn list<'a, I: Input<'a>, T>(
    input: &mut I,
    field: Field,
    least: usize,
    name: &'static str,
    read: impl Fn(&mut I) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    field.expect(Type::List, name)?;
    let (element, length) = input.list(least, name)?;
    if element != Type::Struct {
        return Err(field.wrong_type(name, "a list of structs", "a list of something else"));
    }
    let mut items = Vec::with_capacity(length);
    for _ in 0..length {
        items.push(read(input)?);
    }
    Ok(items)
}

fn text<'a, I: Input<'a>>(
    input: &mut I,
    field: Field,
    name: &'static str,
) -> Result<Cow<'a, str>, DecodeError> {
    bytes(input, field, name).map(cursor::text)
}

fn bytes<'a, I: Input<'a>>(
    input: &mut I,
    field: Field,
    name: &'static str,
) -> Result<&'a [u8], DecodeError> {
    field.expect(Type::String, name)?;
    input.bytes(name)
}

fn i32<'a, I: Input<'a>>(
    input: &mut I,
    field: Field,
    name: &'static str,
) -> Result<i32, DecodeError> {
    field.expect(Type::I32, name)?;
    input.i32(name)
}

fn i64<'a, I: Input<'a>>(
    input: &mut I,
    field: Field,
    name: &'static str,
) -> Result<i64, DecodeError> {
    field.expect(Type::I64, name)?;
    input.i64(name)
}

fn double<'a, I: Input<'a>>(
    input: &mut I,
    field: Field,
    name: &'static str,
) -> Result<f64, DecodeError> {
    field.expect(Type::Double, name)?;
    input.double(name)
}

fn bool<'a, I: Input<'a>>(
    input: &mut I,
    field: Field,
    name: &'static str,
) -> Result<bool, DecodeError> {
    match field.kind {
        Type::Bool(in_header) => input.bool(in_header, name),
        found => Err(field.wrong_type(name, Type::Bool(None).name(), found.name())),
    }
}

fn trace_id(high: i64, low: i64) -> [u8; 16] {
    let high = u128::from(high.cast_unsigned());
    let low = u128::from(low.cast_unsigned());
    (high << 64 | low).to_be_bytes()
}

impl Seen {
    fn add(&mut self, id: i16) {
        if let Ok(id @ 0..32) = u32::try_from(id) {
            self.0 |= 1 << id;
        }
    }

    /// Checks that the struct at `start` has these fields, given by id and name.
    pub(super) fn require(
        self,
        start: usize,
        fields: &[(u8, &'static str)],
    ) -> Result<(), DecodeError> {
        for &(id, field) in fields {
            if self.0 & 1 << id == 0 {
                return Err(DecodeError::new(start, DecodeErrorKind::Missing { field }));
            }
        }
        Ok(())
    }
}

/// The sizes of structs with only their required fields.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "sums of a few small constants"
)]
impl Least {
    const STOP: usize = 1;

    const fn span(self) -> usize {
        self.i64 * 6 + self.string + self.i32 + Self::STOP
    }

    const fn reference(self) -> usize {
        self.i32 + self.i64 * 3 + Self::STOP
    }

    const fn log(self) -> usize {
        self.i64 + self.list + Self::STOP
    }

    const fn tag(self) -> usize {
        self.string + self.i32 + Self::STOP
    }
}
