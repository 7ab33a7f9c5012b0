//! The compact protocol, reading side.

use super::LONG_LIST;
use crate::cursor::Cursor;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::thrift::input::{Field, Input, Least, Type};

pub(super) struct Reader<'a>(Cursor<'a>);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Cursor::new(bytes))
    }

    /// A signed integer whose lowest bit is the sign.
    fn zigzag(&mut self, what: &'static str) -> Result<i64, DecodeError> {
        let value = self.0.varint(what)?;
        Ok((value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg())
    }

    /// Reads the number of elements of at least `least` bytes each.
    fn count(&mut self, least: usize, what: &'static str) -> Result<usize, DecodeError> {
        let offset = self.0.offset();
        let count = self.0.varint(what)?;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.0.check_count(offset, count, least, what)
    }
}

impl<'a> Input<'a> for Reader<'a> {
    // Headers, numbers, the lengths of strings and the headers of lists have at least one byte
    // each.
    const LEAST: Least = Least {
        i32: 2,
        i64: 2,
        string: 2,
        list: 2,
    };

    fn cursor(&mut self) -> &mut Cursor<'a> {
        &mut self.0
    }

    #[inline]
    fn field(&mut self, previous: i16) -> Result<Option<Field>, DecodeError> {
        let offset = self.0.offset();
        let head = self.0.byte("a field's header")?;
        if head == 0 {
            return Ok(None);
        }
        let kind = kind(head & 0x0f, offset, "a field's type")?;
        let id = match head >> 4 {
            0 => self.i16("a field's id")?,
            // No known field is near the highest id, so an id that wraps around is unknown too.
            delta => previous.wrapping_add(delta.into()),
        };
        Ok(Some(Field { id, kind, offset }))
    }

    fn bool(&mut self, in_header: Option<bool>, what: &'static str) -> Result<bool, DecodeError> {
        match in_header {
            Some(value) => Ok(value),
            None => self.0.byte(what).map(|byte| byte == 1),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "as Thrift's own readers do"
    )]
    fn i16(&mut self, what: &'static str) -> Result<i16, DecodeError> {
        self.zigzag(what).map(|value| value as i16)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "as Thrift's own readers do"
    )]
    fn i32(&mut self, what: &'static str) -> Result<i32, DecodeError> {
        self.zigzag(what).map(|value| value as i32)
    }

    fn i64(&mut self, what: &'static str) -> Result<i64, DecodeError> {
        self.zigzag(what)
    }

    /// Little-endian, unlike in the binary protocol.
    fn double(&mut self, what: &'static str) -> Result<f64, DecodeError> {
        self.0.array(what).map(f64::from_le_bytes)
    }

    fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], DecodeError> {
        self.0.delimited(what)
    }

    fn list(&mut self, least: usize, what: &'static str) -> Result<(Type, usize), DecodeError> {
        let offset = self.0.offset();
        let head = self.0.byte(what)?;
        let length = match usize::from(head >> 4) {
            LONG_LIST => self.count(least, what)?,
            _ => self
                .0
                .check_count(offset, (head >> 4).into(), least, what)?,
        };
        match length {
            0 => Ok((Type::Struct, 0)),
            _ => Ok((element(head & 0x0f, offset, "an element type")?, length)),
        }
    }

    fn map(&mut self) -> Result<Option<(Type, Type, usize)>, DecodeError> {
        let length = self.count(2, "a map")?;
        if length == 0 {
            return Ok(None);
        }
        let offset = self.0.offset();
        let kinds = self.0.byte("the types of a map")?;
        let key = element(kinds >> 4, offset, "a key type")?;
        let value = element(kinds & 0x0f, offset, "a value type")?;
        Ok(Some((key, value, length)))
    }
}

#[inline]
fn kind(number: u8, offset: usize, expected: &'static str) -> Result<Type, DecodeError> {
    Ok(match number {
        1 => Type::Bool(Some(true)),
        2 => Type::Bool(Some(false)),
        3 => Type::I8,
        4 => Type::I16,
        5 => Type::I32,
        6 => Type::I64,
        7 => Type::Double,
        8 => Type::String,
        9 => Type::List,
        10 => Type::Set,
        11 => Type::Map,
        12 => Type::Struct,
        13 => Type::Uuid,
        found => {
            return Err(DecodeError::new(
                offset,
                DecodeErrorKind::Unexpected { expected, found },
            ));
        }
    })
}

/// Like [`kind`], but in a container, where a boolean is a byte of its own.
fn element(number: u8, offset: usize, expected: &'static str) -> Result<Type, DecodeError> {
    match kind(number, offset, expected)? {
        Type::Bool(_) => Ok(Type::Bool(None)),
        kind => Ok(kind),
    }
}
