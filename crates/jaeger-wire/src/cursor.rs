//! A place in the input, from which both Thrift protocols and protobuf read. Nothing is read beyond
//! the input's end, and a length is checked before it is used.

use std::borrow::Cow;

use crate::error::{DecodeError, DecodeErrorKind};

/// What is left of the input, or of a message inside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    /// Where `rest` ends, counted from the start of the whole input.
    end: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            end: bytes.len(),
        }
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Where the next byte lies, counted from the start of the whole input.
    pub(crate) fn offset(&self) -> usize {
        self.end.saturating_sub(self.rest.len())
    }

    /// The next byte, which stays where it is.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn byte(&mut self, expected: &'static str) -> Result<u8, DecodeError> {
        self.array(expected).map(|[byte]| byte)
    }

    pub(crate) fn array<const N: usize>(
        &mut self,
        expected: &'static str,
    ) -> Result<[u8; N], DecodeError> {
        let Some((array, rest)) = self.rest.split_first_chunk() else {
            return Err(self.incomplete(expected));
        };
        self.rest = rest;
        Ok(*array)
    }

    pub(crate) fn take(
        &mut self,
        length: usize,
        expected: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            return Err(self.incomplete(expected));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// Takes the next `length` bytes as a message of their own.
    pub(crate) fn nested(
        &mut self,
        length: usize,
        expected: &'static str,
    ) -> Result<Self, DecodeError> {
        let rest = self.take(length, expected)?;
        Ok(Self {
            rest,
            end: self.offset(),
        })
    }

    /// Reads a base-128 varint: seven bits a byte, the lowest first.
    pub(crate) fn varint(&mut self, expected: &'static str) -> Result<u64, DecodeError> {
        match self.peek() {
            Some(byte @ 0..0x80) => self.take(1, expected).map(|_| byte.into()),
            _ => self.long_varint(expected),
        }
    }

    fn long_varint(&mut self, expected: &'static str) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let offset = self.offset();
            let byte = self.byte(expected)?;
            // The tenth byte holds one bit.
            if shift == 63 && byte > 1 {
                return Err(DecodeError::new(
                    offset,
                    DecodeErrorKind::Unexpected {
                        expected: "the last byte of a varint",
                        found: byte,
                    },
                ));
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Ok(value)
    }

    /// Checks a length that was read at `offset`, each unit of which takes at least `least` bytes.
    pub(crate) fn check_length(
        &self,
        offset: usize,
        length: i64,
        least: usize,
        what: &'static str,
    ) -> Result<usize, DecodeError> {
        usize::try_from(length)
            .ok()
            .filter(|units| {
                units
                    .checked_mul(least)
                    .is_some_and(|bytes| bytes <= self.left())
            })
            .ok_or_else(|| {
                DecodeError::new(
                    offset,
                    DecodeErrorKind::TooLarge {
                        what,
                        length,
                        left: self.left(),
                    },
                )
            })
    }

    /// The error for an input that ends here.
    #[cold]
    fn incomplete(&self, expected: &'static str) -> DecodeError {
        DecodeError::new(self.offset(), DecodeErrorKind::Incomplete { expected })
    }
}

/// Bytes as text. What is not UTF-8 becomes U+FFFD, and only then is anything copied.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(String::from_utf8_lossy(bytes).into_owned()),
    }
}
