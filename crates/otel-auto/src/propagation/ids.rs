//! Parses hexadecimal ids in headers.
//!
//! The standard parsers also accept a sign, and take several times as long, for each request.

use opentelemetry::trace::{SpanId, TraceId};

/// A trace id of up to 32 digits, padded with zeros on the left; `None` for zero.
pub(super) fn trace_id(text: &str) -> Option<TraceId> {
    let (upper, lower) = text.split_at_checked(text.len().saturating_sub(16))?;
    let upper = if upper.is_empty() { 0 } else { number(upper)? };
    let id = TraceId::from(u128::from(upper) << 64 | u128::from(number(lower)?));
    (id != TraceId::INVALID).then_some(id)
}

/// A span id of up to 16 digits, padded with zeros on the left; `None` for zero.
pub(super) fn span_id(text: &str) -> Option<SpanId> {
    let id = SpanId::from(number(text)?);
    (id != SpanId::INVALID).then_some(id)
}

/// A number of 1 to 16 digits, of either case.
pub(super) fn number(digits: &str) -> Option<u64> {
    let (number, all) = digits.bytes().fold((0, 0), |(number, all), digit| {
        let value = VALUES[usize::from(digit)];
        (number << 4 | u64::from(value), all | value)
    });
    (all < 16 && (1..=16).contains(&digits.len())).then_some(number)
}

/// The value of each digit, and a larger number for every other byte.
static VALUES: [u8; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        let digit = DIGITS[value as usize];
        values[digit as usize] = value;
        values[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_what_the_standard_parser_reads(text in "[0-9a-fA-F]{0,18}|[0-9a-g+é-]{0,18}") {
            let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let expected = u64::from_str_radix(&text, 16).ok();
            prop_assert_eq!(number(&text), expected.filter(|_| is_hex && text.len() <= 16));
        }

        #[test]
        fn an_id_has_all_its_digits(id: u128, length in 1..=33_usize) {
            let digits = format!("{id:033x}");
            let digits = digits.get(33 - length..).unwrap();
            let expected = u128::from_str_radix(digits, 16).ok().filter(|id| *id > 0);
            prop_assert_eq!(trace_id(digits), expected.filter(|_| length <= 32).map(TraceId::from));
        }
    }
}
