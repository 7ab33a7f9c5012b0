//! Sizes in bytes, as typed.

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bytes(pub(super) u64);

/// Units, longer ones first, since all end in `B`.
const UNITS: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// Parses `123`, `64KiB`, `16MiB`, `2GiB`, `1TiB`, `5MB`.
pub(super) fn parse_bytes(text: &str) -> Result<Bytes, String> {
    let (digits, unit) = UNITS
        .into_iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))
        .unwrap_or((text, 1));
    let number: Option<u64> = digits.trim().parse().ok();
    number
        .and_then(|number| number.checked_mul(unit))
        .map(Bytes)
        .ok_or_else(|| format!("'{text}' is not a size: use a number, or one such as 16MiB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_a_unit() {
        assert_eq!(parse_bytes("123"), Ok(Bytes(123)));
        assert_eq!(parse_bytes("64 KiB"), Ok(Bytes(65_536)));
        assert_eq!(parse_bytes("5MB"), Ok(Bytes(5_000_000)));
        for wrong in ["", "MiB", "-1", "1.5MiB", "16 mib", "99999999999TiB"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }
}
