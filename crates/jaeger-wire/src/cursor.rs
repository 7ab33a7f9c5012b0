//! A reading position in the input, shared by both Thrift protocols and protobuf. Nothing is read
//! beyond the end of the input, and a length is checked before it is used.

use std::borrow::Cow;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::varint;

/// The rest of the input, or of a message inside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    /// The offset of the end of `rest` in the whole input.
    end: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            end: bytes.len(),
        }
    }

    /// The number of bytes left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// The offset of the next byte in the whole input.
    pub(crate) fn offset(&self) -> usize {
        self.end.saturating_sub(self.rest.len())
    }

    /// The next byte, without consuming it.
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

    /// Takes as many bytes as the length that was read at `offset` claims.
    pub(crate) fn take_claimed(
        &mut self,
        offset: usize,
        length: u64,
        what: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        let taken = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length));
        let Some((taken, rest)) = taken else {
            let length = i64::try_from(length).unwrap_or(i64::MAX);
            return Err(self.too_large(offset, length, what));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// Reads a length as a varint, then that many bytes.
    pub(crate) fn delimited(&mut self, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let offset = self.offset();
        let length = self.varint(what)?;
        self.take_claimed(offset, length, what)
    }

    /// Like [`delimited`](Self::delimited); returns a cursor over the bytes.
    pub(crate) fn nested(&mut self, what: &'static str) -> Result<Self, DecodeError> {
        let rest = self.delimited(what)?;
        Ok(Self {
            rest,
            end: self.offset(),
        })
    }

    /// Reads a base-128 varint: seven bits per byte, lowest first.
    #[inline]
    pub(crate) fn varint(&mut self, expected: &'static str) -> Result<u64, DecodeError> {
        let read = match self.rest {
            [byte @ 0..0x80, rest @ ..] => Some((u64::from(*byte), rest)),
            bytes => varint::read(bytes),
        };
        let Some((value, rest)) = read else {
            return Err(self.bad_varint(expected));
        };
        self.rest = rest;
        Ok(value)
    }

    #[cold]
    fn bad_varint(&self, expected: &'static str) -> DecodeError {
        match self.rest.get(varint::LONGEST.saturating_sub(1)) {
            // The varint is too long; the input does not end in it.
            Some(&found) => DecodeError::new(
                self.offset()
                    .saturating_add(varint::LONGEST)
                    .saturating_sub(1),
                DecodeErrorKind::Unexpected {
                    expected: "the last byte of a varint",
                    found,
                },
            ),
            None => self.incomplete(expected),
        }
    }

    /// Checks a number of elements that was read at `offset`; each takes at least `least` bytes.
    pub(crate) fn check_count(
        &self,
        offset: usize,
        count: i64,
        least: usize,
        what: &'static str,
    ) -> Result<usize, DecodeError> {
        match usize::try_from(count).map(|count| (count, count.checked_mul(least))) {
            Ok((count, Some(bytes))) if bytes <= self.left() => Ok(count),
            _ => Err(DecodeError::new(
                offset,
                DecodeErrorKind::TooMany {
                    what,
                    count,
                    least,
                    left: self.left(),
                },
            )),
        }
    }

    #[cold]
    pub(crate) fn too_large(&self, offset: usize, length: i64, what: &'static str) -> DecodeError {
        let left = self.left();
        DecodeError::new(offset, DecodeErrorKind::TooLarge { what, length, left })
    }

    /// The error that the input ends here.
    #[cold]
    fn incomplete(&self, expected: &'static str) -> DecodeError {
        DecodeError::new(self.offset(), DecodeErrorKind::Incomplete { expected })
    }
}

/// Decodes bytes as text. Bytes that are not UTF-8 become U+FFFD; only then is the text copied.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(String::from_utf8_lossy(bytes).into_owned()),
    }
}
