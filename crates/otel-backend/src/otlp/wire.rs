//! Protobuf's wire format: what OTLP traces need of it.
//!
//! Spec: <https://protobuf.dev/programming-guides/encoding/>

use crate::model::InvalidSpan;

/// Bytes that are not the protobuf message they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed protobuf: {0}")]
pub struct Malformed(pub(super) &'static str);

impl From<Malformed> for InvalidSpan {
    fn from(reason: Malformed) -> Self {
        Self::Malformed(reason.to_string())
    }
}

/// Walks the fields of one message.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// A field's value as it stands on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

/// The fields of a message that may be messages themselves, up to the first that cannot be read.
pub(crate) fn messages(message: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut reader = Reader::new(message);
    std::iter::from_fn(move || reader.next().ok().flatten())
        .filter_map(|(number, field)| Some((number, field.bytes().ok()?)))
}

impl<'a> Reader<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The next field's number and value, or `None` at the end of the message.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| Malformed("field number too large"))?;
        let field = match key & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => Field::Bytes(self.bytes()?),
            5 => Field::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(Malformed("unknown wire type")),
        };
        Ok(Some((number, field)))
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
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

    fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.varint()?).map_err(|_| Malformed("length too large"))?;
        let (bytes, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(Malformed("a field is longer than its message"))?;
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(Malformed("unfinished number"))?;
        self.rest = rest;
        Ok(*bytes)
    }
}

impl<'a> Field<'a> {
    pub(super) fn varint(self) -> Result<u64, Malformed> {
        match self {
            Self::Varint(value) => Ok(value),
            _ => Err(Malformed("a field has another type than its number says")),
        }
    }

    /// A varint of which protobuf keeps the low 32 bits.
    pub(super) fn uint32(self) -> Result<u32, Malformed> {
        let value = self.varint()? & u64::from(u32::MAX);
        u32::try_from(value).map_err(|_| Malformed("number too large"))
    }

    pub(super) fn fixed64(self) -> Result<u64, Malformed> {
        match self {
            Self::Fixed64(value) => Ok(value),
            _ => Err(Malformed("a field has another type than its number says")),
        }
    }

    pub(super) fn fixed32(self) -> Result<u32, Malformed> {
        match self {
            Self::Fixed32(value) => Ok(value),
            _ => Err(Malformed("a field has another type than its number says")),
        }
    }

    pub(super) fn bytes(self) -> Result<&'a [u8], Malformed> {
        match self {
            Self::Bytes(value) => Ok(value),
            _ => Err(Malformed("a field has another type than its number says")),
        }
    }
}

pub(super) fn write_varint(value: u64, out: &mut Vec<u8>) {
    let (bytes, length) = varint(value);
    out.extend(bytes.into_iter().take(length));
}

/// Writes a number unless it is zero, which protobuf leaves out.
pub(crate) fn write_uint(number: u32, value: u64, out: &mut Vec<u8>) {
    if value != 0 {
        write_member(number, value, out);
    }
}

/// Writes a number even if it is zero.
pub(super) fn write_member(number: u32, value: u64, out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3, out);
    write_varint(value, out);
}

pub(super) fn write_fixed64(number: u32, value: u64, out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | 1, out);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Writes a number unless it is zero, which protobuf leaves out.
pub(crate) fn write_double(number: u32, value: f64, out: &mut Vec<u8>) {
    if value != 0.0 {
        write_fixed64(number, value.to_bits(), out);
    }
}

pub(super) fn write_fixed32(number: u32, value: u32, out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | 5, out);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Writes bytes even if there are none.
pub(crate) fn write_bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | 2, out);
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Writes text unless it is empty, which protobuf leaves out.
pub(super) fn write_text(number: u32, text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        write_bytes(number, text.as_bytes(), out);
    }
}

/// Writes a message that `body` appends.
pub(crate) fn write_message(number: u32, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    write_varint(u64::from(number) << 3 | 2, out);
    let start = out.len();
    // Most messages are shorter than 128 bytes and have a length of one byte. Behind a longer one
    // the body is moved to make room: cheaper than to measure every message before writing it.
    out.push(0);
    body(out);
    let length = out.len() - start - 1;
    let (prefix, used) = varint(length as u64);
    out.splice(start..=start, prefix.into_iter().take(used));
}

/// The bytes of a number, and how many of them count.
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
