//! The interface for reading a Thrift protocol.

use crate::cursor::Cursor;
use crate::error::{DecodeError, DecodeErrorKind};

/// A Thrift protocol, reading side. `what` names the item for errors.
pub(super) trait Input<'a> {
    /// The smallest size of a field of each type.
    const LEAST: Least;

    /// The bytes being read.
    fn cursor(&mut self) -> &mut Cursor<'a>;
    /// Reads the header of the field after the one with the id `previous`; `None` at the end of the
    /// struct.
    fn field(&mut self, previous: i16) -> Result<Option<Field>, DecodeError>;
    /// Reads a boolean: the one in its header, or the one that follows.
    fn bool(&mut self, in_header: Option<bool>, what: &'static str) -> Result<bool, DecodeError>;
    fn i16(&mut self, what: &'static str) -> Result<i16, DecodeError>;
    fn i32(&mut self, what: &'static str) -> Result<i32, DecodeError>;
    fn i64(&mut self, what: &'static str) -> Result<i64, DecodeError>;
    fn double(&mut self, what: &'static str) -> Result<f64, DecodeError>;
    /// Reads text or bytes.
    fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], DecodeError>;
    /// Reads the element type and the length of a list or set. Checks that the rest of the input
    /// can hold that many elements of at least `least` bytes. An empty list may lack a type; it is
    /// read as a list of structs.
    fn list(&mut self, least: usize, what: &'static str) -> Result<(Type, usize), DecodeError>;
    /// Reads the key type, the value type and the length of a map, checked in the same way; `None`
    /// if it is empty.
    fn map(&mut self) -> Result<Option<(Type, Type, usize)>, DecodeError>;
}

/// The header of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) id: i16,
    pub(super) kind: Type,
    /// The offset of the field.
    pub(super) offset: usize,
}

/// The types of Thrift fields, independent of the protocols' numbers for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// A boolean; the compact protocol has its value in the field's header.
    Bool(Option<bool>),
    I8,
    I16,
    I32,
    I64,
    Double,
    /// Text or bytes.
    String,
    Struct,
    Map,
    Set,
    List,
    Uuid,
}

/// The smallest size of a field of each type in bytes, header included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Least {
    pub(super) i32: usize,
    pub(super) i64: usize,
    pub(super) string: usize,
    pub(super) list: usize,
}

impl Field {
    /// Checks that a field has the type that the IDL requires. `name` is for the error.
    pub(super) fn expect(self, kind: Type, name: &'static str) -> Result<(), DecodeError> {
        if self.kind == kind {
            Ok(())
        } else {
            Err(self.wrong_type(name, kind.name(), self.kind.name()))
        }
    }

    #[cold]
    pub(super) fn wrong_type(
        self,
        field: &'static str,
        expected: &'static str,
        found: &'static str,
    ) -> DecodeError {
        DecodeError::new(
            self.offset,
            DecodeErrorKind::WrongType {
                field,
                expected,
                found,
            },
        )
    }
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool(_) => "a bool",
            Self::I8 => "an i8",
            Self::I16 => "an i16",
            Self::I32 => "an i32",
            Self::I64 => "an i64",
            Self::Double => "a double",
            Self::String => "a string",
            Self::Struct => "a struct",
            Self::Map => "a map",
            Self::Set => "a set",
            Self::List => "a list",
            Self::Uuid => "a uuid",
        }
    }
}
