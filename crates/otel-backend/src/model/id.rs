//! Trace and span ids.

use std::fmt;

/// A trace's id.
pub type TraceId = Id<16>;

/// A span's id.
pub type SpanId = Id<8>;

/// An id of `N` bytes, big-endian, which is not zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id<const N: usize>([u8; N]);

/// The reason why bytes are not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// All bytes are zero, which both OTLP and W3C Trace Context call invalid.
    #[error("is all zero")]
    Zero,
    /// The number of bytes is wrong.
    #[error("has {got} bytes instead of {expected}")]
    Length {
        /// The number of bytes received.
        got: usize,
        /// The number of bytes of an id.
        expected: usize,
    },
}

impl<const N: usize> Id<N> {
    /// The largest id.
    pub const MAX: Self = Self([0xff; N]);

    /// The id with these bytes.
    ///
    /// # Errors
    /// [`InvalidId::Zero`] if all bytes are zero.
    pub fn new(bytes: [u8; N]) -> Result<Self, InvalidId> {
        if bytes == [0; N] {
            return Err(InvalidId::Zero);
        }
        Ok(Self(bytes))
    }

    /// The id with these bytes.
    ///
    /// # Errors
    /// [`InvalidId`] if there are not exactly `N` bytes, or all are zero.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, InvalidId> {
        let array = bytes.try_into().map_err(|_| InvalidId::Length {
            got: bytes.len(),
            expected: N,
        })?;
        Self::new(array)
    }

    /// The bytes, big-endian.
    pub fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

/// Lower-case hexadecimal, two digits per byte.
impl<const N: usize> fmt::Display for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_other_lengths_are_refused() {
        assert_eq!(SpanId::new([0; 8]), Err(InvalidId::Zero));
        assert_eq!(
            TraceId::from_slice(&[1; 8]),
            Err(InvalidId::Length {
                got: 8,
                expected: 16
            })
        );
        assert_eq!(
            SpanId::from_slice(&[0, 0, 0, 0, 0, 0, 0, 0xab])
                .unwrap()
                .to_string(),
            "00000000000000ab"
        );
    }
}
