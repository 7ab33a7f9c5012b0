//! Skips unknown fields, as Thrift requires of every reader.

use super::input::{Input, Type};
use crate::error::{DecodeError, DecodeErrorKind};

/// The deepest nesting of structs and containers, the same as in Apache Thrift's readers.
const DEEPEST: usize = 64;

const WHAT: &str = "an unknown value";

/// Skips a value.
///
/// Every value has at least one byte, so the time is bounded by the length of the input, whatever
/// the containers claim to hold.
pub(super) fn skip<'a, I: Input<'a>>(input: &mut I, kind: Type) -> Result<(), DecodeError> {
    skip_at(input, kind, 0)
}

fn skip_at<'a, I: Input<'a>>(input: &mut I, kind: Type, depth: usize) -> Result<(), DecodeError> {
    match kind {
        Type::Bool(value) => input.bool(value, WHAT).map(drop),
        Type::I8 => input.cursor().byte(WHAT).map(drop),
        Type::I16 => input.i16(WHAT).map(drop),
        Type::I32 => input.i32(WHAT).map(drop),
        Type::I64 => input.i64(WHAT).map(drop),
        Type::Double => input.double(WHAT).map(drop),
        Type::String => input.bytes(WHAT).map(drop),
        Type::Uuid => input.cursor().take(16, WHAT).map(drop),
        Type::Struct | Type::Map | Type::Set | Type::List if depth >= DEEPEST => {
            Err(DecodeError::new(
                input.cursor().offset(),
                DecodeErrorKind::TooDeep { limit: DEEPEST },
            ))
        }
        Type::Struct => skip_struct(input, depth.saturating_add(1)),
        Type::Map => skip_map(input, depth.saturating_add(1)),
        Type::Set | Type::List => skip_list(input, depth.saturating_add(1)),
    }
}

fn skip_struct<'a, I: Input<'a>>(input: &mut I, depth: usize) -> Result<(), DecodeError> {
    let mut previous = 0;
    while let Some(field) = input.field(previous)? {
        skip_at(input, field.kind, depth)?;
        previous = field.id;
    }
    Ok(())
}

fn skip_list<'a, I: Input<'a>>(input: &mut I, depth: usize) -> Result<(), DecodeError> {
    let (element, length) = input.list(1, WHAT)?;
    for _ in 0..length {
        skip_at(input, element, depth)?;
    }
    Ok(())
}

fn skip_map<'a, I: Input<'a>>(input: &mut I, depth: usize) -> Result<(), DecodeError> {
    let Some((key, value, length)) = input.map()? else {
        return Ok(());
    };
    for _ in 0..length {
        skip_at(input, key, depth)?;
        skip_at(input, value, depth)?;
    }
    Ok(())
}
