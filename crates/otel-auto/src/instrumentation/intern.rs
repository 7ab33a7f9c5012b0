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

/// Entries kept for the life of the process, each in the slot given by the hash of its key.
struct Table<T>([OnceLock<T>; SLOTS]);

impl<T: Copy> Table<T> {
    const fn new() -> Self {
        Self([const { OnceLock::new() }; SLOTS])
    }

    /// The entry with this hash, which `make` makes if its slot is free; `None` if that slot is
    /// occupied by another, which is not the one that `is_it` looks for.
    fn get(&self, hash: u64, is_it: impl FnOnce(T) -> bool, make: impl FnOnce() -> T) -> Option<T> {
        // The upper bits depend on all bits of the key.
        let slot = usize::try_from(hash >> 32).unwrap_or(0) % SLOTS;
        let entry = *self.0.get(slot)?.get_or_init(make);
        is_it(entry).then_some(entry)
    }
}

static TEXTS: Table<&str> = Table::new();
static ADDRESSES: Table<(IpAddr, &str)> = Table::new();
static AUTHORITIES: Table<(&str, &str, Option<u16>)> = Table::new();

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
    let make = || (address, &*String::leak(write(address)));
    let kept = ADDRESSES.get(hash(&bits.to_le_bytes()), |(kept, _)| kept == address, make);
    match kept {
        Some((_, text)) => text.into(),
        None => write(address).into(),
    }
}

/// Interns the host of `authority`, which `split` takes apart.
pub(crate) fn authority(
    authority: &str,
    split: fn(&str) -> (&str, Option<u16>),
) -> (StringValue, Option<u16>) {
    let make = || {
        let kept: &str = String::leak(authority.to_owned());
        let (host, port) = split(kept);
        (kept, host, port)
    };
    let kept = short(authority.len()).then(|| {
        let hash = hash(authority.as_bytes());
        AUTHORITIES.get(hash, |(kept, ..)| kept == authority, make)
    });
    if let Some((_, host, port)) = kept.flatten() {
        (host.into(), port)
    } else {
        let (host, port) = split(authority);
        (host.to_owned().into(), port)
    }
}

/// The interned copy of `text`; `None` if it is too long, or if another text occupies its slot.
fn kept(texts: &Table<&'static str>, text: &str) -> Option<&'static str> {
    let make = || &*String::leak(text.to_owned());
    short(text.len())
        .then(|| texts.get(hash(text.as_bytes()), |kept| kept == text, make))
        .flatten()
}

/// Like [`kept`], for two parts with a space between them, which are only joined if they are new.
fn kept_joined(texts: &Table<&'static str>, first: &str, second: &str) -> Option<&'static str> {
    let make = || &*String::leak([first, " ", second].concat());
    let is_it = |kept: &str| {
        let rest = kept.strip_prefix(first);
        rest.and_then(|rest| rest.strip_prefix(' ')) == Some(second)
    };
    let hash = mix(hash(first.as_bytes()), hash(second.as_bytes()));
    short(first.len() + 1 + second.len())
        .then(|| texts.get(hash, is_it, make))
        .flatten()
}

fn short(length: usize) -> bool {
    length <= LONGEST
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let texts = Table::new();
        let first = kept(&texts, "GET /users/{id}").unwrap();
        let again = kept(&texts, &String::from("GET /users/{id}")).unwrap();
        assert!(std::ptr::eq(first, again));
        let first = kept_joined(&texts, "GET", "/users/{id}").unwrap();
        let again = kept_joined(&texts, "GET", &String::from("/users/{id}")).unwrap();
        assert!(std::ptr::eq(first, again));
        let long = "x".repeat(LONGEST);
        assert_eq!(kept(&texts, &format!("{long}x")), None);
        assert_eq!(kept_joined(&texts, "", &long), None);
    }

    #[test]
    fn a_text_whose_slot_is_taken_is_copied() {
        let table = Table::new();
        let texts: Vec<_> = (0..=SLOTS).map(|number| number.to_string()).collect();
        let kept: Vec<_> = texts.iter().filter_map(|text| kept(&table, text)).collect();
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
