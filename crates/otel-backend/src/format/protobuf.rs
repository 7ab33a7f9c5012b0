//! Protobuf's wire format, as far as traces need it.
//!
//! Spec: <https://protobuf.dev/programming-guides/encoding/>

mod raw;

use crate::model::{InvalidLog, InvalidSpan};

pub(crate) use raw::{RawField, RawValue, next_field, take_varint, varint_length, write_field};

/// The error that bytes are not the expected protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed protobuf: {0}")]
pub struct Malformed(pub(super) &'static str);

impl From<Malformed> for InvalidSpan {
    fn from(reason: Malformed) -> Self {
        Self::Malformed(reason.to_string())
    }
}

impl Malformed {
    /// The error that there is no message.
    pub(crate) const EMPTY: Self = Self("there is no message");
}

impl From<Malformed> for InvalidLog {
    fn from(reason: Malformed) -> Self {
        Self::Malformed(reason.to_string())
    }
}

/// Walks the fields of a message: a key, then the value, which [`Field`] reads.
///
/// In this way values stay in registers. An enum of all possible values would go through memory
/// several times for each attribute, which takes as long as the rest of decoding.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// The key of a field: its number and wire type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) wire_type: u8,
}

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const BYTES: u8 = 2;
const FIXED32: u8 = 5;

/// The fields of a message up to the first invalid one, with the bytes of those that may be messages
/// themselves.
pub(super) fn fields(message: &[u8]) -> impl Iterator<Item = (u32, Option<&[u8]>)> {
    let mut reader = Reader::new(message);
    std::iter::from_fn(move || {
        let field = reader.next().ok()??;
        if field.wire_type == BYTES {
            return Some((field.number, Some(reader.length_and_bytes().ok()?)));
        }
        field.skip(&mut reader).ok()?;
        Some((field.number, None))
    })
}

impl<'a> Reader<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The bytes that have not been read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The key of the next field; `None` at the end of the message. The value must then be read or
    /// skipped.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Field>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let [wire_type, ..] = (key & 7).to_le_bytes();
        match u32::try_from(key >> 3) {
            Ok(number) => Ok(Some(Field { number, wire_type })),
            Err(_) => Err(Malformed("field number too large")),
        }
    }

    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64, Malformed> {
        match self.rest {
            // Most keys, lengths and numbers have one byte.
            [byte @ 0..0x80, rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for (index, byte) in self.rest.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = self.rest.get(index + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        Err(Malformed("unfinished number"))
    }

    #[inline]
    fn length_and_bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.varint()?;
        let split = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length));
        let Some((bytes, rest)) = split else {
            return Err(Malformed("a field is longer than its message"));
        };
        self.rest = rest;
        Ok(bytes)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return Err(Malformed("unfinished number"));
        };
        self.rest = rest;
        Ok(*bytes)
    }
}

impl Field {
    #[inline]
    pub(super) fn varint(self, reader: &mut Reader<'_>) -> Result<u64, Malformed> {
        self.expect(VARINT)?;
        reader.varint()
    }

    /// Reads a varint and keeps its low 32 bits, as protobuf does.
    #[inline]
    pub(super) fn uint32(self, reader: &mut Reader<'_>) -> Result<u32, Malformed> {
        let value = self.varint(reader)? & u64::from(u32::MAX);
        u32::try_from(value).map_err(|_| Malformed("number too large"))
    }

    #[inline]
    pub(super) fn fixed64(self, reader: &mut Reader<'_>) -> Result<u64, Malformed> {
        self.expect(FIXED64)?;
        reader.array().map(u64::from_le_bytes)
    }

    #[inline]
    pub(super) fn fixed32(self, reader: &mut Reader<'_>) -> Result<u32, Malformed> {
        self.expect(FIXED32)?;
        reader.array().map(u32::from_le_bytes)
    }

    #[inline]
    pub(super) fn bytes<'a>(self, reader: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
        self.expect(BYTES)?;
        reader.length_and_bytes()
    }

    /// Skips a value.
    pub(super) fn skip(self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        match self.wire_type {
            VARINT => reader.varint().map(drop),
            FIXED64 => reader.array::<8>().map(drop),
            BYTES => reader.length_and_bytes().map(drop),
            FIXED32 => reader.array::<4>().map(drop),
            _ => Err(Malformed("unknown wire type")),
        }
    }

    #[inline]
    fn expect(self, wire_type: u8) -> Result<(), Malformed> {
        if self.wire_type == wire_type {
            Ok(())
        } else {
            Err(Malformed(
                "a field has a type that does not belong to its number",
            ))
        }
    }
}

#[inline]
pub(crate) fn write_varint(value: u64, out: &mut Vec<u8>) {
    if let Ok(byte @ 0..0x80) = u8::try_from(value) {
        out.push(byte);
        return;
    }
    let (bytes, length) = varint(value);
    out.extend_from_slice(bytes.get(..length).unwrap_or_default());
}

/// Writes a number, unless it is zero.
pub(super) fn write_uint(number: u32, value: u64, out: &mut Vec<u8>) {
    if value != 0 {
        write_member(number, value, out);
    }
}

/// Writes a number, even if it is zero.
#[inline]
pub(super) fn write_member(number: u32, value: u64, out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3, out);
    write_varint(value, out);
}

#[inline]
pub(super) fn write_fixed64(number: u32, value: u64, out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | 1, out);
    out.extend_from_slice(&value.to_le_bytes());
}

#[inline]
pub(super) fn write_fixed32(number: u32, value: u32, out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | 5, out);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Writes bytes, even if there are none.
#[inline]
pub(super) fn write_bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | 2, out);
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Writes text, unless it is empty.
pub(super) fn write_text(number: u32, text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        write_bytes(number, text.as_bytes(), out);
    }
}

/// Writes a message that `body` appends.
pub(super) fn write_message(number: u32, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    write_varint(u64::from(number) << 3 | 2, out);
    let start = out.len();
    // Most messages are shorter than 128 bytes, with a length of one byte. For a longer one the
    // body is moved to make room, which is cheaper than measuring every message in advance.
    out.push(0);
    body(out);
    let length = out.len() - start - 1;
    if let (Ok(byte @ 0..0x80), Some(slot)) = (u8::try_from(length), out.get_mut(start)) {
        *slot = byte;
        return;
    }
    let (prefix, used) = varint(length as u64);
    out.splice(start..=start, prefix.into_iter().take(used));
}

/// The bytes of a varint, and their number.
fn varint(mut value: u64) -> ([u8; 10], usize) {
    let mut bytes = [0; 10];
    let mut length = 0;
    for slot in &mut bytes {
        length += 1;
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            *slot = low;
            break;
        }
        *slot = low | 0x80;
    }
    (bytes, length)
}
