//! Protobuf's wire format, reading side.
//!
//! <https://protobuf.dev/programming-guides/encoding/>

use std::borrow::Cow;

use crate::cursor::{self, Cursor};
use crate::error::{DecodeError, DecodeErrorKind};

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;
const GROUP_START: u8 = 3;
const GROUP_END: u8 = 4;
const FIXED32: u8 = 5;

/// The deepest nesting of groups. proto3 has no groups, but requires readers to skip them.
const DEEPEST: usize = 64;

const WHAT: &str = "an unknown field";

/// The header of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) number: u32,
    wire_type: u8,
    /// The offset of the field.
    offset: usize,
}

/// Calls `read` for each field of a message; `read` must consume the value.
pub(super) fn each_field<'a>(
    mut input: Cursor<'a>,
    mut read: impl FnMut(&mut Cursor<'a>, Field) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    while input.left() > 0 {
        let field = field(&mut input)?;
        read(&mut input, field)?;
    }
    Ok(())
}

/// Counts the occurrences of the fields 0 to 15 in a message, up to the first error, so that room
/// can be made for exactly as many elements.
pub(super) fn occurrences(message: Cursor<'_>) -> [usize; 16] {
    let mut counts = [0_usize; 16];
    let counted = each_field(message, |input, field| {
        if let Some(count) = counts.get_mut(field.number as usize) {
            *count = count.saturating_add(1);
        }
        field.skip(input)
    });
    // An error is reported when the message is read.
    counted.ok();
    counts
}

/// Reads the header of a field.
fn field(input: &mut Cursor<'_>) -> Result<Field, DecodeError> {
    let offset = input.offset();
    let key = input.varint("a field's key")?;
    let [wire_type, ..] = key.to_le_bytes();
    match u32::try_from(key >> 3) {
        Ok(number @ 1..0x2000_0000) => Ok(Field {
            number,
            wire_type: wire_type & 0x07,
            offset,
        }),
        _ => Err(unexpected(offset, "a field's number", wire_type)),
    }
}

impl Field {
    /// Reads an integer, a boolean or an enum.
    pub(super) fn varint(
        self,
        input: &mut Cursor<'_>,
        name: &'static str,
    ) -> Result<u64, DecodeError> {
        self.expect(VARINT, name)?;
        input.varint(name)
    }

    /// Like [`varint`](Self::varint), for a field of 32 bits: protobuf truncates larger values.
    #[expect(clippy::cast_possible_truncation, reason = "as protobuf demands")]
    pub(super) fn varint32(
        self,
        input: &mut Cursor<'_>,
        name: &'static str,
    ) -> Result<u32, DecodeError> {
        self.varint(input, name).map(|value| value as u32)
    }

    pub(super) fn double(
        self,
        input: &mut Cursor<'_>,
        name: &'static str,
    ) -> Result<f64, DecodeError> {
        self.expect(FIXED64, name)?;
        input.array(name).map(f64::from_le_bytes)
    }

    pub(super) fn bytes<'a>(
        self,
        input: &mut Cursor<'a>,
        name: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        self.expect(LENGTH, name)?;
        input.delimited(name)
    }

    pub(super) fn text<'a>(
        self,
        input: &mut Cursor<'a>,
        name: &'static str,
    ) -> Result<Cow<'a, str>, DecodeError> {
        self.bytes(input, name).map(cursor::text)
    }

    pub(super) fn message<'a>(
        self,
        input: &mut Cursor<'a>,
        name: &'static str,
    ) -> Result<Cursor<'a>, DecodeError> {
        self.expect(LENGTH, name)?;
        input.nested(name)
    }

    /// Reads an id of 16 bytes, or of eight bytes as the low half of an id.
    pub(super) fn trace_id(
        self,
        input: &mut Cursor<'_>,
        name: &'static str,
    ) -> Result<[u8; 16], DecodeError> {
        let bytes = self.bytes(input, name)?;
        if let Ok(id) = bytes.try_into() {
            return Ok(id);
        }
        match <[u8; 8]>::try_from(bytes) {
            Ok(low) => Ok(u128::from(u64::from_be_bytes(low)).to_be_bytes()),
            Err(_) => Err(self.wrong_length(name, "16 or 8", bytes.len())),
        }
    }

    /// Reads an id of eight bytes.
    pub(super) fn span_id(
        self,
        input: &mut Cursor<'_>,
        name: &'static str,
    ) -> Result<[u8; 8], DecodeError> {
        let bytes = self.bytes(input, name)?;
        bytes
            .try_into()
            .map_err(|_| self.wrong_length(name, "8", bytes.len()))
    }

    /// Skips a value.
    #[inline]
    pub(super) fn skip(self, input: &mut Cursor<'_>) -> Result<(), DecodeError> {
        match self.wire_type {
            // Nearly all fields that are counted in advance have a length.
            LENGTH => input.delimited(WHAT).map(drop),
            _ => self.skip_at(input, 0),
        }
    }

    fn skip_at(self, input: &mut Cursor<'_>, depth: usize) -> Result<(), DecodeError> {
        match self.wire_type {
            VARINT => input.varint(WHAT).map(drop),
            FIXED64 => input.take(8, WHAT).map(drop),
            LENGTH => input.delimited(WHAT).map(drop),
            FIXED32 => input.take(4, WHAT).map(drop),
            GROUP_START if depth < DEEPEST => self.skip_group(input, depth.saturating_add(1)),
            GROUP_START => Err(DecodeError::new(
                self.offset,
                DecodeErrorKind::TooDeep { limit: DEEPEST },
            )),
            found => Err(unexpected(self.offset, "a wire type", found)),
        }
    }

    fn skip_group(self, input: &mut Cursor<'_>, depth: usize) -> Result<(), DecodeError> {
        loop {
            let inner = field(input)?;
            match inner.wire_type {
                GROUP_END if inner.number == self.number => return Ok(()),
                _ => inner.skip_at(input, depth)?,
            }
        }
    }

    /// Checks that a field has the wire type that the IDL requires. `name` is for the error.
    fn expect(self, wire_type: u8, name: &'static str) -> Result<(), DecodeError> {
        if self.wire_type == wire_type {
            return Ok(());
        }
        Err(DecodeError::new(
            self.offset,
            DecodeErrorKind::WrongType {
                field: name,
                expected: wire_type_name(wire_type),
                found: wire_type_name(self.wire_type),
            },
        ))
    }

    #[cold]
    fn wrong_length(
        self,
        field: &'static str,
        expected: &'static str,
        found: usize,
    ) -> DecodeError {
        DecodeError::new(
            self.offset,
            DecodeErrorKind::WrongLength {
                field,
                expected,
                found,
            },
        )
    }
}

fn wire_type_name(wire_type: u8) -> &'static str {
    match wire_type {
        VARINT => "a varint",
        FIXED64 => "a 64-bit value",
        LENGTH => "a value with a length",
        GROUP_START | GROUP_END => "a group",
        FIXED32 => "a 32-bit value",
        _ => "of no wire type",
    }
}

#[cold]
fn unexpected(offset: usize, expected: &'static str, found: u8) -> DecodeError {
    DecodeError::new(offset, DecodeErrorKind::Unexpected { expected, found })
}
