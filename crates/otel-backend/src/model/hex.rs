//! Bytes as hexadecimal digits, and back.

/// Lower-case digits, two for each byte.
pub fn to_hex(bytes: &[u8]) -> String {
    let digit = |number: u8| char::from_digit(number.into(), 16).unwrap_or_default();
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

/// Parses digits in upper or lower case, two for each byte; `None` for an odd number of digits, or
/// for other characters.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    pairs
        .iter()
        .map(|[high, low]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok())
        .collect()
}

/// Parses a big-endian number of `N` bytes, at most 16, with or without leading zeros: 1 to 2 × `N`
/// digits in upper or lower case. `None` for any other text.
pub fn from_short_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || text.is_empty() || text.len() > 2 * N {
        return None;
    }
    let number = u128::from_str_radix(text, 16).ok()?;
    number.to_be_bytes().last_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_and_written() {
        assert_eq!(to_hex(&[0, 0xab, 0xff]), "00abff");
        assert_eq!(from_hex("00aBfF"), Some(vec![0, 0xab, 0xff]));
        assert_eq!(from_hex("abc"), None);
        assert_eq!(from_hex("+1"), None);
    }

    #[test]
    fn leading_zeros_may_be_left_out() {
        assert_eq!(from_short_hex("1Fe"), Some([0, 0, 1, 0xfe]));
        assert_eq!(from_short_hex("000001fe"), Some([0, 0, 1, 0xfe]));
        for text in ["", "+1", "-1", "x", "0000001fe"] {
            assert_eq!(from_short_hex::<4>(text), None, "{text}");
        }
    }
}
