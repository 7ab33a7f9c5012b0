//! Maps signed numbers to unsigned ones that are small if the signed ones are near zero.

/// Maps 0, -1, 1, -2, … to 0, 1, 2, 3, ….
pub(super) fn encode(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

/// Restores the number.
pub(super) fn decode(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back() {
        for number in [0, -1, 1, i64::MIN, i64::MAX, -77] {
            assert_eq!(decode(encode(number)), number);
        }
        assert_eq!([0, -1, 1, -2].map(encode), [0, 1, 2, 3]);
    }
}
