//! Unpaired surrogates in JSON.
//!
//! JavaScript can cut a text between the two halves of a UTF-16 surrogate pair, and writes a half
//! as `\ud83d`. Such a text is invalid; like bytes that are not UTF-8, the half becomes U+FFFD.

/// The JSON with all unpaired surrogates replaced; `None` if it has none, or if the bytes are not
/// JSON.
pub fn repair(json: &[u8]) -> Option<Vec<u8>> {
    if !matches!(json.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return None;
    }
    let mut repaired = None;
    let mut at = 0;
    while let Some(rest) = json.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match rest {
            [b'\\', b'u', ..] => match (half(rest), rest.get(6..).and_then(half)) {
                (Some(Half::First), Some(Half::Second)) => 12,
                (Some(_), _) => {
                    let repaired: &mut Vec<u8> = repaired.get_or_insert_with(|| json.to_vec());
                    if let Some(escape) = repaired.get_mut(at..at + 6) {
                        escape.copy_from_slice(b"\\ufffd");
                    }
                    6
                }
                (None, _) => 2,
            },
            [b'\\', ..] => 2,
            _ => 1,
        };
        at += length;
    }
    repaired
}

enum Half {
    First,
    Second,
}

/// The half that an escape at the start of these bytes stands for.
fn half(bytes: &[u8]) -> Option<Half> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::First),
        0xdc00..=0xdfff => Some(Half::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(json: &str) -> Option<String> {
        Some(String::from_utf8(repair(json.as_bytes())?).unwrap())
    }

    #[test]
    fn halves_are_replaced_and_pairs_are_not() {
        assert_eq!(check(r#"["\ud83d\ude00", "\u00e9", "\\ud83d"]"#), None);
        assert_eq!(
            check(r#"["\ud83d", "\uDE00\ud83dx", "\ud83d\ud83d\ude00"]"#).unwrap(),
            r#"["\ufffd", "\ufffd\ufffdx", "\ufffd\ud83d\ude00"]"#
        );
        assert_eq!(check(r"\ud83d"), None, "not JSON");
    }

    proptest! {
        #[test]
        fn what_was_json_stays_as_long(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\\'), Just(b'u'), Just(b'd'), Just(b'8'), Just(b'c'), any::<u8>()], 0..40)) {
            let json = [b"{", &bytes[..]].concat();
            if let Some(repaired) = repair(&json) {
                prop_assert_eq!(repaired.len(), json.len());
                prop_assert!(repair(&repaired).is_none());
            }
        }
    }
}
