//! Thrift's binary protocol: fixed widths, big-endian.
//!
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md>

use super::{
    Batch, Span, decode, encode,
    input::{Cursor, Field, Input, Type},
    message,
    output::{Kind, Output},
};
use crate::{DecodeError, Process, error::DecodeErrorKind};

/// The first two bytes of a message in the strict form; the old form starts with its name's length.
const STRICT: [u8; 2] = [0x80, 0x01];
const ONEWAY: u8 = 4;

/// Reads a bare `Batch` struct, as an HTTP body carries it. What follows the struct is ignored, as
/// Jaeger's collector does.
///
/// # Errors
/// [`DecodeError`] with the offset at which the bytes stop being a `Batch`.
pub fn decode_batch(bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    decode::batch(&mut Reader(Cursor::new(bytes)))
}

/// Reads an `emitBatch` message, as a datagram on port 6832 carries it: a call or a one-way call, in
/// the strict or the old form.
///
/// # Errors
/// [`DecodeError`] with the offset at which the bytes stop being such a message.
pub fn decode_emit_batch(bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    let mut input = Reader(Cursor::new(bytes));
    let strict = input.0.peek() == Some(STRICT[0]);
    if strict {
        let head = input.0.array::<4>("a message header")?;
        let [version @ .., _, kind] = head;
        if version != STRICT {
            return Err(input.0.error(DecodeErrorKind::Unexpected {
                expected: "version 1 of the protocol",
                found: version[1],
            }));
        }
        message::check_kind(kind, &input.0)?;
    }
    let name = input.bytes()?;
    message::check_name(name, &input.0)?;
    if !strict {
        let kind = input.0.byte("a message type")?;
        message::check_kind(kind, &input.0)?;
    }
    input.i32()?; // The sequence number: nobody answers.
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
    encode::batch_head(process, spans, &mut Writer(out));
}

/// Appends one span as an element of the batch's list.
pub fn encode_span(span: &Span<'_>, out: &mut Vec<u8>) {
    encode::span(span, &mut Writer(out));
}

/// Appends the end of a `Batch`.
pub fn end_batch(out: &mut Vec<u8>) {
    out.push(0);
}

/// Appends the head of an `emitBatch` message (one-way, strict); a batch and [`end_message`] must
/// follow.
pub fn begin_message(out: &mut Vec<u8>) {
    out.extend_from_slice(&STRICT);
    out.extend_from_slice(&[0, ONEWAY]);
    let mut writer = Writer(out);
    writer.bytes(message::NAME);
    writer.i32(0);
    writer.field(1, Kind::Struct);
}

/// Appends the end of a message.
pub fn end_message(out: &mut Vec<u8>) {
    out.push(0);
}

struct Reader<'a>(Cursor<'a>);

impl Reader<'_> {
    fn kind(&mut self, expected: &'static str) -> Result<Option<Type>, DecodeError> {
        let found = self.0.byte(expected)?;
        Ok(Some(match found {
            0 => return Ok(None),
            2 => Type::Bool(None),
            3 => Type::I8,
            4 => Type::Double,
            6 => Type::I16,
            8 => Type::I32,
            10 => Type::I64,
            11 => Type::Bytes,
            12 => Type::Struct,
            13 => Type::Map,
            14 | 15 => Type::List,
            16 => Type::Uuid,
            _ => {
                return Err(self
                    .0
                    .error(DecodeErrorKind::Unexpected { expected, found }));
            }
        }))
    }

    fn element(&mut self, expected: &'static str) -> Result<Type, DecodeError> {
        self.kind(expected)?.ok_or_else(|| {
            self.0
                .error(DecodeErrorKind::Unexpected { expected, found: 0 })
        })
    }
}

impl<'a> Input<'a> for Reader<'a> {
    fn cursor(&mut self) -> &mut Cursor<'a> {
        &mut self.0
    }

    fn field(&mut self, _previous: i16) -> Result<Option<Field>, DecodeError> {
        let Some(kind) = self.kind("a field's type")? else {
            return Ok(None);
        };
        let id = self.i16()?;
        Ok(Some(Field { id, kind }))
    }

    fn bool(&mut self, _in_header: Option<bool>) -> Result<bool, DecodeError> {
        self.0.byte("a bool").map(|byte| byte != 0)
    }

    fn i16(&mut self) -> Result<i16, DecodeError> {
        self.0.array("an i16").map(i16::from_be_bytes)
    }

    fn i32(&mut self) -> Result<i32, DecodeError> {
        self.0.array("an i32").map(i32::from_be_bytes)
    }

    fn i64(&mut self) -> Result<i64, DecodeError> {
        self.0.array("an i64").map(i64::from_be_bytes)
    }

    fn double(&mut self) -> Result<f64, DecodeError> {
        self.0.array("a double").map(f64::from_be_bytes)
    }

    fn length(&mut self) -> Result<usize, DecodeError> {
        let length = self.i32()?;
        self.0.size(length.into(), "a string")
    }

    fn list(&mut self) -> Result<(Type, usize), DecodeError> {
        // An empty list may name no type.
        let kind = self.kind("an element type")?;
        let size = self.i32()?;
        let size = self.0.size(size.into(), "a list")?;
        match kind {
            Some(kind) => Ok((kind, size)),
            None if size == 0 => Ok((Type::Struct, 0)),
            None => Err(self.0.error(DecodeErrorKind::Unexpected {
                expected: "an element type",
                found: 0,
            })),
        }
    }

    fn map(&mut self) -> Result<Option<(Type, Type, usize)>, DecodeError> {
        let (key, value) = (self.kind("a key type")?, self.kind("a value type")?);
        let size = self.i32()?;
        match (key, value, self.0.size(size.into(), "a map")?) {
            (_, _, 0) => Ok(None),
            (Some(key), Some(value), size) => Ok(Some((key, value, size))),
            _ => self.element("the types of a map").map(|_| None),
        }
    }
}

struct Writer<'o>(&'o mut Vec<u8>);

impl Output for Writer<'_> {
    fn begin(&mut self) -> i16 {
        0
    }

    fn end(&mut self, _outer: i16) {
        self.0.push(0);
    }

    fn field(&mut self, id: i16, kind: Kind) {
        let kind = match kind {
            Kind::Double => 4,
            Kind::I32 => 8,
            Kind::I64 => 10,
            Kind::Bytes => 11,
            Kind::Struct => 12,
            Kind::List => 15,
        };
        let [high, low] = id.to_be_bytes();
        self.0.extend_from_slice(&[kind, high, low]);
    }

    fn bool_field(&mut self, id: i16, value: bool) {
        let [high, low] = id.to_be_bytes();
        self.0.extend_from_slice(&[2, high, low, value.into()]);
    }

    // A field's head and its value in one piece: a batch is mostly made of these.

    #[inline]
    fn i32_field(&mut self, id: i16, value: i32) {
        let ([high, low], [a, b, c, d]) = (id.to_be_bytes(), value.to_be_bytes());
        self.0.extend_from_slice(&[8, high, low, a, b, c, d]);
    }

    #[inline]
    #[expect(clippy::many_single_char_names, reason = "the bytes have no better names")]
    fn i64_field(&mut self, id: i16, value: i64) {
        let ([high, low], [a, b, c, d, e, f, g, h]) = (id.to_be_bytes(), value.to_be_bytes());
        self.0
            .extend_from_slice(&[10, high, low, a, b, c, d, e, f, g, h]);
    }

    #[inline]
    fn bytes_field(&mut self, id: i16, value: &[u8]) {
        let len = i32::try_from(value.len()).unwrap_or(i32::MAX);
        let ([high, low], [a, b, c, d]) = (id.to_be_bytes(), len.to_be_bytes());
        self.0.extend_from_slice(&[11, high, low, a, b, c, d]);
        self.0.extend_from_slice(value);
    }

    fn i32(&mut self, value: i32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    fn double(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.i32(i32::try_from(value.len()).unwrap_or(i32::MAX));
        self.0.extend_from_slice(value);
    }

    fn list(&mut self, size: usize) {
        self.0.push(12);
        self.i32(i32::try_from(size).unwrap_or(i32::MAX));
    }
}
