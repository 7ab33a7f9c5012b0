//! Trace and span ids.

use std::fmt;

/// A trace's id.
pub type TraceId = Id<16>;

/// A span's id.
pub type SpanId = Id<8>;

/// An id of `N` bytes, big-endian.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id<const N: usize>(pub [u8; N]);

impl<const N: usize> Default for Id<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Id<N> {
    /// Parses up to 2 N hexadecimal digits in upper or lower case; missing digits on the left are
    /// zero.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut id = Self::default();
        if text.is_empty() || text.len() > 2 * N {
            return None;
        }
        for (index, digit) in text.bytes().rev().enumerate() {
            let value = u8::try_from(char::from(digit).to_digit(16)?).ok()?;
            let byte = id.0.iter_mut().rev().nth(index / 2)?;
            *byte |= if index % 2 == 0 { value } else { value << 4 };
        }
        Some(id)
    }

    /// Returns true if all bytes are zero.
    pub fn is_zero(&self) -> bool {
        self.0 == [0; N]
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
    fn an_id_is_read_with_or_without_its_leading_zeros() {
        let id = SpanId::from_hex("0fFE").unwrap();
        assert_eq!(id.to_string(), "0000000000000ffe");
        assert_eq!(SpanId::from_hex(&id.to_string()), Some(id));
        assert_eq!(SpanId::from_hex(""), None);
        assert_eq!(SpanId::from_hex("12345678123456781"), None);
        assert_eq!(SpanId::from_hex("xy"), None);
    }
}
