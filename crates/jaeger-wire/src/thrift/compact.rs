//! Thrift's compact protocol: variable widths, and booleans in the field's header.
//!
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

use super::{
    Batch, Span, decode, encode,
    input::{Cursor, Field, Input, Type},
    message,
    output::{Kind, Output},
};
use crate::{DecodeError, Process, error::DecodeErrorKind};

const PROTOCOL: u8 = 0x82;
const VERSION: u8 = 1;
const ONEWAY: u8 = 4;
/// A list of fewer elements has its size in its first byte.
const LONG_LIST: usize = 15;

/// Reads a bare `Batch` struct.
///
/// # Errors
/// [`DecodeError`] with the offset at which the bytes stop being a `Batch`.
pub fn decode_batch(bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    decode::batch(&mut Reader(Cursor::new(bytes)))
}

/// Reads an `emitBatch` message, as a datagram on port 6831 carries it: a call or a one-way call.
///
/// # Errors
/// [`DecodeError`] with the offset at which the bytes stop being such a message.
pub fn decode_emit_batch(bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    let mut input = Reader(Cursor::new(bytes));
    let found = input.0.byte("a protocol id")?;
    if found != PROTOCOL {
        return Err(input.0.error(DecodeErrorKind::Unexpected {
            expected: "the compact protocol's id, 0x82",
            found,
        }));
    }
    let head = input.0.byte("a version and message type")?;
    if head & 0x1f != VERSION {
        return Err(input.0.error(DecodeErrorKind::Unexpected {
            expected: "version 1 of the protocol",
            found: head,
        }));
    }
    message::check_kind(head >> 5, &input.0)?;
    input.varint()?; // The sequence number: nobody answers.
    let name = input.bytes()?;
    message::check_name(name, &input.0)?;
    message::arguments(&mut input)
}

/// Appends a whole bare `Batch`.
pub fn encode_batch(batch: &Batch<'_>, out: &mut Vec<u8>) {
    begin_batch(&batch.process, batch.spans.len(), out);
    for span in &batch.spans {
        encode_span(span, out);
    }
    end_batch(out);
}

/// Appends a `Batch` up to its first span; `spans` [`encode_span`]s and [`end_batch`] must follow.
pub fn begin_batch(process: &Process<'_>, spans: usize, out: &mut Vec<u8>) {
    encode::batch_head(process, spans, &mut Writer { out, last: 0 });
}

/// Appends one span as an element of the batch's list.
pub fn encode_span(span: &Span<'_>, out: &mut Vec<u8>) {
    encode::span(span, &mut Writer { out, last: 0 });
}

/// Appends the end of a `Batch`.
pub fn end_batch(out: &mut Vec<u8>) {
    out.push(0);
}

/// Appends the head of an `emitBatch` message (one-way); a batch and [`end_message`] must follow.
pub fn begin_message(out: &mut Vec<u8>) {
    out.extend_from_slice(&[PROTOCOL, ONEWAY << 5 | VERSION, 0]);
    let mut writer = Writer { out, last: 0 };
    writer.bytes(message::NAME);
    writer.field(1, Kind::Struct);
}

/// Appends the end of a message.
pub fn end_message(out: &mut Vec<u8>) {
    out.push(0);
}

struct Reader<'a>(Cursor<'a>);

impl Reader<'_> {
    /// Seven bits a byte, the lowest first.
    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.0.byte("a varint")?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.0.error(DecodeErrorKind::Unexpected {
            expected: "the last byte of a varint",
            found: 0x80,
        }))
    }

    /// A signed integer: the sign is the lowest bit.
    fn zigzag(&mut self) -> Result<i64, DecodeError> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg())
    }

    fn size(&mut self, what: &'static str) -> Result<usize, DecodeError> {
        let size = self.varint()?;
        self.0.size(i64::try_from(size).unwrap_or(i64::MAX), what)
    }

    fn kind(&self, number: u8, expected: &'static str) -> Result<Type, DecodeError> {
        Ok(match number {
            1 => Type::Bool(Some(true)),
            2 => Type::Bool(Some(false)),
            3 => Type::I8,
            4 => Type::I16,
            5 => Type::I32,
            6 => Type::I64,
            7 => Type::Double,
            8 => Type::Bytes,
            9 | 10 => Type::List,
            11 => Type::Map,
            12 => Type::Struct,
            13 => Type::Uuid,
            found => {
                return Err(self
                    .0
                    .error(DecodeErrorKind::Unexpected { expected, found }));
            }
        })
    }

    /// As [`kind`](Self::kind), where a boolean is a byte of its own.
    fn element(&self, number: u8, expected: &'static str) -> Result<Type, DecodeError> {
        match self.kind(number, expected)? {
            Type::Bool(_) => Ok(Type::Bool(None)),
            kind => Ok(kind),
        }
    }
}

impl<'a> Input<'a> for Reader<'a> {
    fn cursor(&mut self) -> &mut Cursor<'a> {
        &mut self.0
    }

    fn field(&mut self, previous: i16) -> Result<Option<Field>, DecodeError> {
        let head = self.0.byte("a field's header")?;
        if head == 0 {
            return Ok(None);
        }
        let kind = self.kind(head & 0x0f, "a field's type")?;
        let id = match head >> 4 {
            0 => self.i16()?,
            delta => previous.wrapping_add(delta.into()),
        };
        Ok(Some(Field { id, kind }))
    }

    fn bool(&mut self, in_header: Option<bool>) -> Result<bool, DecodeError> {
        match in_header {
            Some(value) => Ok(value),
            None => self.0.byte("a bool").map(|byte| byte == 1),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "as Thrift's own readers do"
    )]
    fn i16(&mut self) -> Result<i16, DecodeError> {
        self.zigzag().map(|value| value as i16)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "as Thrift's own readers do"
    )]
    fn i32(&mut self) -> Result<i32, DecodeError> {
        self.zigzag().map(|value| value as i32)
    }

    fn i64(&mut self) -> Result<i64, DecodeError> {
        self.zigzag()
    }

    fn double(&mut self) -> Result<f64, DecodeError> {
        self.0.array("a double").map(f64::from_le_bytes)
    }

    fn length(&mut self) -> Result<usize, DecodeError> {
        self.size("a string")
    }

    fn list(&mut self) -> Result<(Type, usize), DecodeError> {
        let head = self.0.byte("a list's header")?;
        let size = match usize::from(head >> 4) {
            LONG_LIST => self.size("a list")?,
            size => self.0.size(i64::from(head >> 4), "a list").map(|_| size)?,
        };
        match head & 0x0f {
            // An empty list may name no type.
            0 if size == 0 => Ok((Type::Struct, 0)),
            kind => Ok((self.element(kind, "an element type")?, size)),
        }
    }

    fn map(&mut self) -> Result<Option<(Type, Type, usize)>, DecodeError> {
        let size = self.size("a map")?;
        if size == 0 {
            return Ok(None);
        }
        let kinds = self.0.byte("the types of a map")?;
        let key = self.element(kinds >> 4, "a key type")?;
        let value = self.element(kinds & 0x0f, "a value type")?;
        Ok(Some((key, value, size)))
    }
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// The id of the field before: the next one is written as its distance from it.
    last: i16,
}

impl Writer<'_> {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.out.push(value.to_le_bytes()[0]);
    }

    fn zigzag(&mut self, value: i64) {
        self.varint((value << 1 ^ value >> 63).cast_unsigned());
    }

    fn header(&mut self, id: i16, kind: u8) {
        if let Ok(delta @ 1..=15) = u8::try_from(id.wrapping_sub(self.last)) {
            self.out.push(delta << 4 | kind);
        } else {
            self.out.push(kind);
            self.zigzag(id.into());
        }
        self.last = id;
    }
}

impl Output for Writer<'_> {
    fn begin(&mut self) -> i16 {
        std::mem::take(&mut self.last)
    }

    fn end(&mut self, outer: i16) {
        self.out.push(0);
        self.last = outer;
    }

    fn field(&mut self, id: i16, kind: Kind) {
        let kind = match kind {
            Kind::I32 => 5,
            Kind::I64 => 6,
            Kind::Double => 7,
            Kind::Bytes => 8,
            Kind::List => 9,
            Kind::Struct => 12,
        };
        self.header(id, kind);
    }

    fn bool_field(&mut self, id: i16, value: bool) {
        self.header(id, if value { 1 } else { 2 });
    }

    fn i32(&mut self, value: i32) {
        self.zigzag(value.into());
    }

    fn i64(&mut self, value: i64) {
        self.zigzag(value);
    }

    fn double(&mut self, value: f64) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.varint(value.len() as u64);
        self.out.extend_from_slice(value);
    }

    fn list(&mut self, size: usize) {
        const STRUCT: u8 = 12;
        match u8::try_from(size) {
            Ok(short) if size < LONG_LIST => self.out.push(short << 4 | STRUCT),
            _ => {
                self.out.push(0xf0 | STRUCT);
                self.varint(size as u64);
            }
        }
    }
}
