//! Parsers of Go's notation for numbers, booleans, durations and JSON, with Go's error messages,
//! which Jaeger's clients and users know.

mod duration;
mod string_map;

use std::num::IntErrorKind;

pub(in crate::api) use duration::{format as format_duration, parse as parse_duration};
pub(in crate::api) use string_map::parse as parse_string_map;

/// Parses a signed decimal number of at most `bits` bits.
///
/// Spec: <https://pkg.go.dev/strconv#ParseInt>
pub(in crate::api) fn parse_int(text: &str, bits: u32) -> Result<i64, String> {
    let refused = |why| format!("strconv.ParseInt: parsing {text:?}: {why}");
    let limit = 1_i128 << (bits - 1);
    match text.parse::<i64>() {
        Ok(number) if (-limit..limit).contains(&number.into()) => Ok(number),
        Ok(_) => Err(refused("value out of range")),
        Err(error) => Err(match error.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => refused("value out of range"),
            _ => refused("invalid syntax"),
        }),
    }
}

/// Parses a boolean.
///
/// Spec: <https://pkg.go.dev/strconv#ParseBool>
pub(in crate::api) fn parse_bool(text: &str) -> Result<bool, String> {
    let refused = || format!("strconv.ParseBool: parsing {text:?}: invalid syntax");
    crate::query::parse_bool(text).ok_or_else(refused)
}

/// Parses a floating-point number.
///
/// Spec: <https://pkg.go.dev/strconv#ParseFloat>
pub(in crate::api) fn parse_float(text: &str) -> Result<f64, String> {
    let refused = |_| format!("strconv.ParseFloat: parsing {text:?}: invalid syntax");
    text.parse().map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_refused_in_gos_words() {
        assert_eq!(parse_int("-12", 64), Ok(-12));
        assert_eq!(
            parse_int("1.5", 64).unwrap_err(),
            "strconv.ParseInt: parsing \"1.5\": invalid syntax"
        );
        assert_eq!(
            parse_int("2147483648", 32).unwrap_err(),
            "strconv.ParseInt: parsing \"2147483648\": value out of range"
        );
        assert_eq!(
            parse_int("99999999999999999999", 64).unwrap_err(),
            "strconv.ParseInt: parsing \"99999999999999999999\": value out of range"
        );
    }
}
