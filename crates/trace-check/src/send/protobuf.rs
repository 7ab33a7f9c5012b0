//! Protobuf's wire format: enough to write messages, and to find a number in an answer.
//!
//! Spec: <https://protobuf.dev/programming-guides/encoding/>

/// A message under construction.
#[derive(Debug, Default)]
pub(super) struct Message(Vec<u8>);

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const BYTES: u32 = 2;
const FIXED32: u32 = 5;

impl Message {
    fn key(&mut self, field: u32, kind: u32) {
        self.raw_varint(u64::from((field << 3) | kind));
    }

    fn raw_varint(&mut self, value: u64) {
        put_varint(&mut self.0, value);
    }

    /// Writes an integer, even if it is zero.
    pub(super) fn varint(&mut self, field: u32, value: u64) {
        self.key(field, VARINT);
        self.raw_varint(value);
    }

    /// Writes an integer, unless it is zero.
    pub(super) fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.varint(field, value);
        }
    }

    pub(super) fn fixed64(&mut self, field: u32, value: u64) {
        self.key(field, FIXED64);
        self.0.extend(value.to_le_bytes());
    }

    pub(super) fn fixed32(&mut self, field: u32, value: u32) {
        self.key(field, FIXED32);
        self.0.extend(value.to_le_bytes());
    }

    /// Writes bytes, even if they are empty.
    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.key(field, BYTES);
        self.raw_varint(u64::try_from(value.len()).unwrap_or(u64::MAX));
        self.0.extend(value);
    }

    /// Writes text, unless it is empty.
    pub(super) fn text(&mut self, field: u32, value: &str) {
        if !value.is_empty() {
            self.bytes(field, value.as_bytes());
        }
    }

    /// Writes a nested message, even if it is empty.
    pub(super) fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(field, &inner.0);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Writes a varint, of which each byte holds seven bits, the lowest first.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    let seven_bits = |value| u8::try_from(value & 0x7f).unwrap_or_default();
    while value >= 0x80 {
        out.push(seven_bits(value) | 0x80);
        value >>= 7;
    }
    out.push(seven_bits(value));
}

/// The fields of a message, as numbers and contents, up to the first invalid byte.
pub(super) fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while let Some((field, rest)) = next(bytes) {
        fields.push(field);
        bytes = rest;
    }
    fields
}

/// The contents of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Other,
}

type Next<'a> = ((u64, Field<'a>), &'a [u8]);

fn next(bytes: &[u8]) -> Option<Next<'_>> {
    let (key, rest) = varint(bytes)?;
    let (field, rest) = match key & 7 {
        0 => varint(rest).map(|(value, rest)| (Field::Varint(value), rest))?,
        1 => (Field::Other, rest.get(8..)?),
        2 => {
            let (len, rest) = varint(rest)?;
            let (value, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
            (Field::Bytes(value), rest)
        }
        5 => (Field::Other, rest.get(4..)?),
        _ => return None,
    };
    Some(((key >> 3, field), rest))
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}
