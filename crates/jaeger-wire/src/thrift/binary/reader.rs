//! The binary protocol, reading side.

use crate::cursor::Cursor;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::thrift::input::{Field, Input, Least, Type};

pub(super) struct Reader<'a>(Cursor<'a>);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Cursor::new(bytes))
    }

    /// Reads the number of elements of at least `least` bytes each.
    fn count(&mut self, least: usize, what: &'static str) -> Result<usize, DecodeError> {
        let offset = self.0.offset();
        let count = self.i32(what)?;
        self.0.check_count(offset, count.into(), least, what)
    }
}

impl<'a> Input<'a> for Reader<'a> {
    // A header has three bytes: a type and an id.
    const LEAST: Least = Least {
        i32: 3 + 4,
        i64: 3 + 8,
        string: 3 + 4,
        list: 3 + 5,
    };

    fn cursor(&mut self) -> &mut Cursor<'a> {
        &mut self.0
    }

    #[inline]
    fn field(&mut self, _previous: i16) -> Result<Option<Field>, DecodeError> {
        let offset = self.0.offset();
        let number = self.0.byte("a field's type")?;
        if number == 0 {
            return Ok(None);
        }
        let kind = kind(number, offset, "a field's type")?;
        let id = self.i16("a field's id")?;
        Ok(Some(Field { id, kind, offset }))
    }

    fn bool(&mut self, _in_header: Option<bool>, what: &'static str) -> Result<bool, DecodeError> {
        self.0.byte(what).map(|byte| byte != 0)
    }

    fn i16(&mut self, what: &'static str) -> Result<i16, DecodeError> {
        self.0.array(what).map(i16::from_be_bytes)
    }

    fn i32(&mut self, what: &'static str) -> Result<i32, DecodeError> {
        self.0.array(what).map(i32::from_be_bytes)
    }

    fn i64(&mut self, what: &'static str) -> Result<i64, DecodeError> {
        self.0.array(what).map(i64::from_be_bytes)
    }

    fn double(&mut self, what: &'static str) -> Result<f64, DecodeError> {
        self.0.array(what).map(f64::from_be_bytes)
    }

    fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let offset = self.0.offset();
        let length = self.i32(what)?;
        match u64::try_from(length) {
            Ok(length) => self.0.take_claimed(offset, length, what),
            Err(_) => Err(self.0.too_large(offset, length.into(), what)),
        }
    }

    fn list(&mut self, least: usize, what: &'static str) -> Result<(Type, usize), DecodeError> {
        let offset = self.0.offset();
        let number = self.0.byte(what)?;
        match self.count(least, what)? {
            0 => Ok((Type::Struct, 0)),
            length => Ok((kind(number, offset, "an element type")?, length)),
        }
    }

    fn map(&mut self) -> Result<Option<(Type, Type, usize)>, DecodeError> {
        let offset = self.0.offset();
        let [key, value] = self.0.array("the types of a map")?;
        match self.count(2, "a map")? {
            0 => Ok(None),
            length => {
                let key = kind(key, offset, "a key type")?;
                let value = kind(value, offset.saturating_add(1), "a value type")?;
                Ok(Some((key, value, length)))
            }
        }
    }
}

#[inline]
fn kind(number: u8, offset: usize, expected: &'static str) -> Result<Type, DecodeError> {
    Ok(match number {
        2 => Type::Bool(None),
        3 => Type::I8,
        4 => Type::Double,
        6 => Type::I16,
        8 => Type::I32,
        10 => Type::I64,
        11 => Type::String,
        12 => Type::Struct,
        13 => Type::Map,
        14 => Type::Set,
        15 => Type::List,
        16 => Type::Uuid,
        found => {
            return Err(DecodeError::new(
                offset,
                DecodeErrorKind::Unexpected { expected, found },
            ));
        }
    })
}
