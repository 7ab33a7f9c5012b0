//! Interns texts that repeat from request to request: routes, hosts, agents, addresses.
//!
//! Copying and freeing them for each span would cost as much as everything else about the span.

use std::borrow::Cow;
use std::sync::OnceLock;

use opentelemetry::StringValue;

/// The most texts, and the greatest length of a text; clients can fill no more memory than that.
const SLOTS: usize = 256;
const LONGEST: usize = 96;

/// Texts kept for the life of the process, each in the slot given by its hash.
static KEPT: [OnceLock<&str>; SLOTS] = [const { OnceLock::new() }; SLOTS];

/// The interned copy of `text`; `None` if it is too long, or if another text occupies its slot.
fn kept(text: &str) -> Option<&'static str> {
    kept_in(&KEPT, text)
}

fn kept_in(slots: &[OnceLock<&'static str>; SLOTS], text: &str) -> Option<&'static str> {
    if text.len() > LONGEST {
        return None;
    }
    let slot = slots.get(slot(text))?;
    let kept = *slot.get_or_init(|| Box::leak(Box::from(text)));
    (kept == text).then_some(kept)
}

/// Interns `text` as the value of an attribute.
pub(crate) fn value(text: &str) -> StringValue {
    match kept(text) {
        Some(kept) => kept.into(),
        None => text.to_owned().into(),
    }
}

/// Interns `text` as a name.
pub(crate) fn name(text: &str) -> Cow<'static, str> {
    match kept(text) {
        Some(kept) => Cow::Borrowed(kept),
        None => Cow::Owned(text.to_owned()),
    }
}

/// Interns `first second` as a name.
pub(crate) fn joined(first: &str, second: &str) -> Cow<'static, str> {
    let mut buffer = [0; LONGEST];
    let both = join(&mut buffer, [first, " ", second]);
    match both.and_then(kept) {
        Some(kept) => Cow::Borrowed(kept),
        None => Cow::Owned([first, " ", second].concat()),
    }
}

/// Concatenates the parts; `None` if the buffer is too small.
fn join<'a>(buffer: &'a mut [u8; LONGEST], parts: [&str; 3]) -> Option<&'a str> {
    let mut length = 0;
    for part in parts {
        let end = length + part.len();
        buffer
            .get_mut(length..end)?
            .copy_from_slice(part.as_bytes());
        length = end;
    }
    std::str::from_utf8(buffer.get(..length)?).ok()
}

/// A fast hash without protection against collisions, since forcing one gains nothing.
fn slot(text: &str) -> usize {
    let mix =
        |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let rest = rest
        .iter()
        .fold(text.len() as u64, |word, byte| word << 8 | u64::from(*byte));
    let hash = words
        .iter()
        .fold(0, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    usize::try_from(mix(hash, rest) >> 32).unwrap_or(0) % SLOTS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let slots = [const { OnceLock::new() }; SLOTS];
        let first = kept_in(&slots, "GET /users/{id}").unwrap();
        let again = kept_in(&slots, &String::from("GET /users/{id}")).unwrap();
        assert!(std::ptr::eq(first, again));
        assert_eq!(kept_in(&slots, &"x".repeat(LONGEST + 1)), None);
    }

    #[test]
    fn a_text_whose_slot_is_taken_is_copied() {
        let slots = [const { OnceLock::new() }; SLOTS];
        let texts: Vec<_> = (0..=SLOTS).map(|number| number.to_string()).collect();
        let kept: Vec<_> = texts
            .iter()
            .filter_map(|text| kept_in(&slots, text))
            .collect();
        assert!(kept.len() < texts.len());
        assert!(
            kept.len() > SLOTS / 2,
            "{} of {SLOTS} slots are used",
            kept.len()
        );
    }

    proptest! {
        #[test]
        fn the_name_is_always_both(first in "[A-Z]{3,8}", second in "\\PC{0,60}") {
            prop_assert_eq!(joined(&first, &second), format!("{first} {second}"));
        }

        #[test]
        fn the_value_is_always_the_text(text in "\\PC{0,120}") {
            prop_assert_eq!(value(&text), StringValue::from(text));
        }
    }
}
