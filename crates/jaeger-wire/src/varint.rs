//! Base-128 varints, used by the compact protocol and by protobuf.

/// The longest varint of 64 bits, in bytes.
pub(crate) const LONGEST: usize = 10;

/// Reads a varint; returns its value and the rest of the input. `None` if the input ends in it, or
/// if it has more than 64 bits.
pub(crate) fn read(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    let mut rest = bytes;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        // The tenth byte holds only one bit.
        if shift == 63 && byte > 1 {
            return None;
        }
        rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    Some((value, rest))
}

/// Appends a varint: seven bits per byte, lowest first.
pub(crate) fn write(value: u64, out: &mut Vec<u8>) {
    if let Ok(byte @ 0..0x80) = u8::try_from(value) {
        out.push(byte);
        return;
    }
    let (bytes, length) = bytes(value);
    // Writing all ten bytes and removing some is faster than writing a variable number.
    let end = out.len().saturating_add(length);
    out.extend_from_slice(&bytes);
    out.truncate(end);
}

/// The number of bytes that a varint uses.
pub(crate) fn len(value: u64) -> usize {
    // Zero takes a byte too.
    let bits = u64::BITS.saturating_sub((value | 1).leading_zeros());
    bits.div_ceil(7) as usize
}

/// A varint, and the number of bytes it uses.
pub(crate) fn bytes(mut value: u64) -> ([u8; LONGEST], usize) {
    let mut bytes = [0; LONGEST];
    let mut length: usize = 0;
    for byte in &mut bytes {
        length = length.saturating_add(1);
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            *byte = low & 0x7f;
            break;
        }
        *byte = low | 0x80;
    }
    (bytes, length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_length_is_known_before(shift in 0..64_u32, value: u64) {
            let value = value >> shift;
            prop_assert_eq!(len(value), bytes(value).1);
        }
    }

    #[test]
    fn the_shortest_and_the_longest_have_their_length() {
        assert_eq!([0, 0x7f, 0x80, u64::MAX].map(len), [1, 1, 2, LONGEST]);
    }
}
