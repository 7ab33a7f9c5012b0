//! jaeger.thrift's structs, read by either protocol.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift>

use std::borrow::Cow;

use super::{
    Batch, Log, Span,
    input::{Field, Input, Type},
};
use crate::{DecodeError, Process, RefType, SpanRef, Tag, TagValue, error::DecodeErrorKind};

/// The fewest bytes that an element can have, by which a list's size is believed when room is made
/// for it: a span has nine required fields, a tag two, a log two, a reference four.
const SMALLEST_SPAN: usize = 20;
const SMALLEST_SMALL: usize = 5;

pub(super) fn batch<'a, I: Input<'a>>(input: &mut I) -> Result<Batch<'a>, DecodeError> {
    let (mut process, mut spans) = (None, None);
    each_field(input, |input, field| {
        match field.id {
            1 => process = Some(self::process(input, field)?),
            2 => spans = Some(list(input, field, "Batch.spans", SMALLEST_SPAN, span)?),
            // seqNo and stats, and what later versions add.
            _ => input.skip(field.kind)?,
        }
        Ok(())
    })?;
    Ok(Batch {
        process: process.ok_or_else(|| missing(input, "Batch.process"))?,
        spans: spans.ok_or_else(|| missing(input, "Batch.spans"))?,
    })
}

fn process<'a, I: Input<'a>>(input: &mut I, field: Field) -> Result<Process<'a>, DecodeError> {
    expect(input, field, Type::Struct, "Batch.process")?;
    let (mut service_name, mut tags) = (None, Vec::new());
    each_field(input, |input, field| {
        match field.id {
            1 => service_name = Some(text(input, field, "Process.serviceName")?),
            2 => tags = list(input, field, "Process.tags", SMALLEST_SMALL, tag)?,
            _ => input.skip(field.kind)?,
        }
        Ok(())
    })?;
    Ok(Process {
        service_name: service_name.ok_or_else(|| missing(input, "Process.serviceName"))?,
        tags,
    })
}

fn span<'a, I: Input<'a>>(input: &mut I) -> Result<Span<'a>, DecodeError> {
    let mut span = Span::default();
    let (mut low, mut high, mut id) = (None, 0, None);
    each_field(input, |input, field| {
        match field.id {
            1 => low = Some(i64(input, field, "Span.traceIdLow")?),
            2 => high = i64(input, field, "Span.traceIdHigh")?,
            3 => id = Some(i64(input, field, "Span.spanId")?),
            4 => span.parent_span_id = i64(input, field, "Span.parentSpanId")?.to_be_bytes(),
            5 => span.operation_name = text(input, field, "Span.operationName")?,
            6 => {
                span.references = list(input, field, "Span.references", SMALLEST_SMALL, reference)?;
            }
            7 => span.flags = i32(input, field, "Span.flags")?,
            8 => span.start_time = i64(input, field, "Span.startTime")?,
            9 => span.duration = i64(input, field, "Span.duration")?,
            10 => span.tags = list(input, field, "Span.tags", SMALLEST_SMALL, tag)?,
            11 => span.logs = list(input, field, "Span.logs", SMALLEST_SMALL, log)?,
            _ => input.skip(field.kind)?,
        }
        Ok(())
    })?;
    span.trace_id = trace_id(high, low.ok_or_else(|| missing(input, "Span.traceIdLow"))?);
    span.span_id = id
        .ok_or_else(|| missing(input, "Span.spanId"))?
        .to_be_bytes();
    Ok(span)
}

fn reference<'a, I: Input<'a>>(input: &mut I) -> Result<SpanRef, DecodeError> {
    let (mut ref_type, mut low, mut high, mut id) = (RefType::ChildOf, 0, 0, 0);
    each_field(input, |input, field| {
        match field.id {
            1 => {
                ref_type = match i32(input, field, "SpanRef.refType")? {
                    0 => RefType::ChildOf,
                    _ => RefType::FollowsFrom,
                }
            }
            2 => low = i64(input, field, "SpanRef.traceIdLow")?,
            3 => high = i64(input, field, "SpanRef.traceIdHigh")?,
            4 => id = i64(input, field, "SpanRef.spanId")?,
            _ => input.skip(field.kind)?,
        }
        Ok(())
    })?;
    Ok(SpanRef {
        ref_type,
        trace_id: trace_id(high, low),
        span_id: id.to_be_bytes(),
    })
}

fn log<'a, I: Input<'a>>(input: &mut I) -> Result<Log<'a>, DecodeError> {
    let mut log = Log::default();
    each_field(input, |input, field| {
        match field.id {
            1 => log.timestamp = i64(input, field, "Log.timestamp")?,
            2 => log.fields = list(input, field, "Log.fields", SMALLEST_SMALL, tag)?,
            _ => input.skip(field.kind)?,
        }
        Ok(())
    })?;
    Ok(log)
}

fn tag<'a, I: Input<'a>>(input: &mut I) -> Result<Tag<'a>, DecodeError> {
    let (mut key, mut v_type) = (None, None);
    let mut string = Cow::Borrowed("");
    let (mut double, mut bool, mut long) = (0.0, false, 0);
    let mut binary: &[u8] = &[];
    each_field(input, |input, field| {
        match field.id {
            1 => key = Some(text(input, field, "Tag.key")?),
            2 => v_type = Some(i32(input, field, "Tag.vType")?),
            3 => string = text(input, field, "Tag.vStr")?,
            4 => {
                expect(input, field, Type::Double, "Tag.vDouble")?;
                double = input.double()?;
            }
            5 => match field.kind {
                Type::Bool(value) => bool = input.bool(value)?,
                _ => return Err(wrong_type(input, "Tag.vBool")),
            },
            6 => long = i64(input, field, "Tag.vLong")?,
            7 => {
                expect(input, field, Type::Bytes, "Tag.vBinary")?;
                binary = input.bytes()?;
            }
            _ => input.skip(field.kind)?,
        }
        Ok(())
    })?;
    let value = match v_type.ok_or_else(|| missing(input, "Tag.vType"))? {
        1 => TagValue::Double(double),
        2 => TagValue::Bool(bool),
        3 => TagValue::Long(long),
        4 => TagValue::Binary(Cow::Borrowed(binary)),
        // A type of the future is read as the text that may stand beside it.
        _ => TagValue::String(string),
    };
    Ok(Tag {
        key: key.ok_or_else(|| missing(input, "Tag.key"))?,
        value,
    })
}

/// Hands each field of a struct to `read`, which must read or skip its value.
fn each_field<'a, I: Input<'a>>(
    input: &mut I,
    mut read: impl FnMut(&mut I, Field) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut previous = 0;
    while let Some(field) = input.field(previous)? {
        read(input, field)?;
        previous = field.id;
    }
    Ok(())
}

/// Reads a list of structs. `smallest` is the fewest bytes that one of them can have.
fn list<'a, I: Input<'a>, T>(
    input: &mut I,
    field: Field,
    name: &'static str,
    smallest: usize,
    read: impl Fn(&mut I) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    expect(input, field, Type::List, name)?;
    let (element, size) = input.list()?;
    if element != Type::Struct && size > 0 {
        return Err(wrong_type(input, name));
    }
    let justified = input.cursor().left().checked_div(smallest).unwrap_or(0);
    let mut items = Vec::with_capacity(size.min(justified));
    for _ in 0..size {
        items.push(read(input)?);
    }
    Ok(items)
}

fn text<'a, I: Input<'a>>(
    input: &mut I,
    field: Field,
    name: &'static str,
) -> Result<Cow<'a, str>, DecodeError> {
    expect(input, field, Type::Bytes, name)?;
    input.text()
}

fn i32<'a, I: Input<'a>>(
    input: &mut I,
    field: Field,
    name: &'static str,
) -> Result<i32, DecodeError> {
    expect(input, field, Type::I32, name)?;
    input.i32()
}

fn i64<'a, I: Input<'a>>(
    input: &mut I,
    field: Field,
    name: &'static str,
) -> Result<i64, DecodeError> {
    expect(input, field, Type::I64, name)?;
    input.i64()
}

fn expect<'a, I: Input<'a>>(
    input: &mut I,
    field: Field,
    kind: Type,
    name: &'static str,
) -> Result<(), DecodeError> {
    if field.kind == kind {
        Ok(())
    } else {
        Err(wrong_type(input, name))
    }
}

fn trace_id(high: i64, low: i64) -> [u8; 16] {
    let high = u128::from(high.cast_unsigned());
    let low = u128::from(low.cast_unsigned());
    (high << 64 | low).to_be_bytes()
}

fn missing<'a, I: Input<'a>>(input: &mut I, field: &'static str) -> DecodeError {
    input.cursor().error(DecodeErrorKind::Missing { field })
}

fn wrong_type<'a, I: Input<'a>>(input: &mut I, field: &'static str) -> DecodeError {
    input.cursor().error(DecodeErrorKind::WrongType { field })
}
