//! What a Thrift protocol must be able to read, and the bounded cursor both protocols read from.

use std::borrow::Cow;

use crate::error::{DecodeError, DecodeErrorKind};

/// How deep structs and containers may nest in what is skipped.
const DEEPEST: usize = 32;

/// The types of Thrift fields, by what they mean and not by their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// A boolean; in a compact field header it stands in the type itself.
    Bool(Option<bool>),
    I8,
    I16,
    I32,
    I64,
    Double,
    /// Text or bytes.
    Bytes,
    Struct,
    Map,
    /// A list or a set.
    List,
    Uuid,
}

/// The start of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) id: i16,
    pub(super) kind: Type,
}

/// A Thrift protocol, read side.
pub(super) trait Input<'a> {
    /// The bytes that are being read.
    fn cursor(&mut self) -> &mut Cursor<'a>;
    /// Reads the start of the field that follows the one with the id `previous`; `None` at the
    /// struct's end.
    fn field(&mut self, previous: i16) -> Result<Option<Field>, DecodeError>;
    /// Reads a boolean: the one that its header held, or the one that follows.
    fn bool(&mut self, in_header: Option<bool>) -> Result<bool, DecodeError>;
    fn i16(&mut self) -> Result<i16, DecodeError>;
    fn i32(&mut self) -> Result<i32, DecodeError>;
    fn i64(&mut self) -> Result<i64, DecodeError>;
    fn double(&mut self) -> Result<f64, DecodeError>;
    /// Reads a length and checks it against what is left.
    fn length(&mut self) -> Result<usize, DecodeError>;
    /// Reads the element type and the size of a list, and checks the size against what is left.
    fn list(&mut self) -> Result<(Type, usize), DecodeError>;
    /// Reads the key type, the value type and the size of a map, checked likewise.
    fn map(&mut self) -> Result<Option<(Type, Type, usize)>, DecodeError>;

    /// Reads bytes.
    fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.length()?;
        self.cursor().take(length, "the bytes of a string")
    }

    /// Reads text; what is not UTF-8 is replaced.
    fn text(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        self.bytes().map(String::from_utf8_lossy)
    }

    /// Reads past a value of any type.
    fn skip(&mut self, kind: Type) -> Result<(), DecodeError> {
        self.skip_at(kind, 0)
    }

    /// As [`skip`](Self::skip), at a depth.
    fn skip_at(&mut self, kind: Type, depth: usize) -> Result<(), DecodeError> {
        if depth >= DEEPEST {
            return Err(self
                .cursor()
                .error(DecodeErrorKind::TooDeep { limit: DEEPEST }));
        }
        let deeper = depth.saturating_add(1);
        match kind {
            Type::Bool(value) => self.bool(value).map(drop),
            Type::I8 => self.cursor().byte("an i8").map(drop),
            Type::I16 => self.i16().map(drop),
            Type::I32 => self.i32().map(drop),
            Type::I64 => self.i64().map(drop),
            Type::Double => self.double().map(drop),
            Type::Bytes => self.bytes().map(drop),
            Type::Uuid => self.cursor().take(16, "a uuid").map(drop),
            Type::Struct => {
                let mut previous = 0;
                while let Some(field) = self.field(previous)? {
                    self.skip_at(field.kind, deeper)?;
                    previous = field.id;
                }
                Ok(())
            }
            Type::List => {
                let (element, size) = self.list()?;
                for _ in 0..size {
                    self.skip_at(element, deeper)?;
                }
                Ok(())
            }
            Type::Map => {
                let Some((key, value, size)) = self.map()? else {
                    return Ok(());
                };
                for _ in 0..size {
                    self.skip_at(key, deeper)?;
                    self.skip_at(value, deeper)?;
                }
                Ok(())
            }
        }
    }
}

/// A place in the input. Nothing is read beyond its end.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// The next byte, which stays where it is.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn byte(&mut self, expected: &'static str) -> Result<u8, DecodeError> {
        self.array::<1>(expected).map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(
        &mut self,
        expected: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        let bytes = self.take(N, expected)?;
        bytes
            .try_into()
            .map_err(|_| self.error(DecodeErrorKind::Incomplete { expected }))
    }

    pub(super) fn take(
        &mut self,
        length: usize,
        expected: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let Some(taken) = taken else {
            return Err(self.error(DecodeErrorKind::Incomplete { expected }));
        };
        self.at = self.at.saturating_add(length);
        Ok(taken)
    }

    /// Checks a size that was read: each of its elements takes at least one byte.
    pub(super) fn size(&self, size: i64, what: &'static str) -> Result<usize, DecodeError> {
        match usize::try_from(size) {
            Ok(size) if size <= self.left() => Ok(size),
            _ => Err(self.error(DecodeErrorKind::Size {
                what,
                size,
                left: self.left(),
            })),
        }
    }

    pub(super) fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError {
            offset: self.at,
            kind,
        }
    }
}
