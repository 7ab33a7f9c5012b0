//! Interns texts that repeat from request to request: routes, hosts, agents, addresses.
//!
//! Copying and freeing them for each span would cost as much as everything else about the span.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::OnceLock;

use opentelemetry::StringValue;

/// The most texts, and the greatest length of a text; clients can fill no more memory than that.
const SLOTS: usize = 256;
const LONGEST: usize = 96;

/// Values kept for the life of the process, each in the slot given by its hash.
type Slots<T> = [OnceLock<T>; SLOTS];

static TEXTS: Slots<&str> = [const { OnceLock::new() }; SLOTS];
static ADDRESSES: Slots<(IpAddr, &str)> = [const { OnceLock::new() }; SLOTS];

/// Interns `text` as the value of an attribute.
pub(crate) fn value(text: &str) -> StringValue {
    match kept(&TEXTS, text) {
        Some(kept) => kept.into(),
        None => text.to_owned().into(),
    }
}

/// Interns `text` as a name.
pub(crate) fn name(text: &str) -> Cow<'static, str> {
    match kept(&TEXTS, text) {
        Some(kept) => Cow::Borrowed(kept),
        None => Cow::Owned(text.to_owned()),
    }
}

/// Interns `first second` as a name.
pub(crate) fn joined(first: &str, second: &str) -> Cow<'static, str> {
    match kept_joined(&TEXTS, first, second) {
        Some(kept) => Cow::Borrowed(kept),
        None => Cow::Owned([first, " ", second].concat()),
    }
}

/// Interns the text of `address`, which `write` makes.
pub(crate) fn address(address: IpAddr, write: impl Fn(IpAddr) -> String) -> StringValue {
    let bits = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    let (kept, text) = ADDRESSES[slot(hash(&bits.to_le_bytes()))]
        .get_or_init(|| (address, &*String::leak(write(address))));
    if *kept == address {
        (*text).into()
    } else {
        write(address).into()
    }
}

/// The interned copy of `text`; `None` if it is too long, or if another text occupies its slot.
fn kept(slots: &Slots<&'static str>, text: &str) -> Option<&'static str> {
    if text.len() > LONGEST {
        return None;
    }
    let slot = &slots[slot(hash(text.as_bytes()))];
    let kept = *slot.get_or_init(|| String::leak(text.to_owned()));
    (kept == text).then_some(kept)
}

/// Like [`kept`], for two parts with a space between them, which are only joined if they are new.
fn kept_joined(slots: &Slots<&'static str>, first: &str, second: &str) -> Option<&'static str> {
    if first.len() + 1 + second.len() > LONGEST {
        return None;
    }
    let slot = &slots[slot(mix(hash(first.as_bytes()), hash(second.as_bytes())))];
    let kept = *slot.get_or_init(|| String::leak([first, " ", second].concat()));
    let rest = kept.strip_prefix(first)?.strip_prefix(' ')?;
    (rest == second).then_some(kept)
}

/// A fast hash without protection against collisions, since forcing one gains nothing.
fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let rest = rest.iter().fold(bytes.len() as u64, |word, byte| {
        word << 8 | u64::from(*byte)
    });
    let hash = words
        .iter()
        .fold(0, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    mix(hash, rest)
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The slot for a hash; the upper bits depend on all bits of the text.
fn slot(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or(0) % SLOTS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let slots = [const { OnceLock::new() }; SLOTS];
        let first = kept(&slots, "GET /users/{id}").unwrap();
        let again = kept(&slots, &String::from("GET /users/{id}")).unwrap();
        assert!(std::ptr::eq(first, again));
        let first = kept_joined(&slots, "GET", "/users/{id}").unwrap();
        let again = kept_joined(&slots, "GET", &String::from("/users/{id}")).unwrap();
        assert!(std::ptr::eq(first, again));
        let long = "x".repeat(LONGEST);
        assert_eq!(kept(&slots, &format!("{long}x")), None);
        assert_eq!(kept_joined(&slots, "", &long), None);
    }

    #[test]
    fn a_text_whose_slot_is_taken_is_copied() {
        let slots = [const { OnceLock::new() }; SLOTS];
        let texts: Vec<_> = (0..=SLOTS).map(|number| number.to_string()).collect();
        let kept: Vec<_> = texts.iter().filter_map(|text| kept(&slots, text)).collect();
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
