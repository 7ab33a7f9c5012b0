//! Percent-encoding, as in W3C Baggage.

use percent_encoding::percent_decode_str;

/// Decodes percent-encoded text; `None` if a `%` is not followed by two hexadecimal digits, or if
/// the bytes are not UTF-8.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let well_formed = text.split('%').skip(1).all(|rest| {
        let mut digits = rest.chars().take(2);
        let mut is_digit = || digits.next().is_some_and(|digit| digit.is_ascii_hexdigit());
        is_digit() && is_digit()
    });
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    well_formed.then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_percent_encoding_is_refused() {
        for bad in ["%", "%a", "%zz", "a%2", "%ff", "%+1"] {
            assert_eq!(decoded(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text: String) {
            let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
            prop_assert_eq!(decoded(&encoded), Some(text));
        }
    }
}
