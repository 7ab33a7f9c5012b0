//! The keys by which the indexes of blocks and of log frames know traces.

use rusqlite::Connection;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::secret;
use crate::model::TraceId;

/// The seed of the keys in an index.
///
/// Several traces may share a key, and are then read together. Senders choose the ids of traces, but do
/// not know the seed: they cannot make many share a key, neither on purpose nor because their ids all end
/// alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KeySeed(u64);

/// The key of a trace: six bytes, of which blocks of formats 1 to 7 have only the first four.
///
/// Four bytes are enough to find a trace, but among six million traces nine thousand share them with
/// another one, and would have to be read to be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TraceKey(u64);

impl TraceKey {
    /// Bits of the last two bytes.
    const REST: u32 = 16;

    pub(super) fn new(short: u32, rest: u16) -> Self {
        Self(u64::from(short) << Self::REST | u64::from(rest))
    }

    /// The first four bytes.
    pub(super) fn short(self) -> u32 {
        u32::try_from(self.0 >> Self::REST).unwrap_or(u32::MAX)
    }

    /// The last two bytes; zero if they are not known.
    pub(super) fn rest(self) -> u16 {
        u16::try_from(self.0 & u64::from(u16::MAX)).unwrap_or_default()
    }

    /// The key as an early format has it.
    pub(super) fn without_rest(self) -> Self {
        Self::new(self.short(), 0)
    }

    /// The key with these 48 bits.
    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

impl From<TraceKey> for u64 {
    fn from(key: TraceKey) -> Self {
        key.0
    }
}

impl KeySeed {
    /// In formats 1 to 6, the key was the last four bytes of the id, big-endian.
    pub(super) const LAST_BYTES: Self = Self(0);

    /// A seed that nobody knows.
    pub(super) fn random() -> Self {
        Self(secret::random().max(1))
    }

    /// The key of a trace.
    pub(super) fn key(self, id: TraceId) -> TraceKey {
        if self == Self::LAST_BYTES {
            let [.., a, b, c, d] = *id.as_bytes();
            return TraceKey::new(u32::from_be_bytes([a, b, c, d]), 0);
        }
        // The lower half comes first, since earlier formats have nothing but that.
        let hash = xxh3_64_with_seed(id.as_bytes(), self.0);
        let (short, rest) = (hash & u64::from(u32::MAX), hash >> u32::BITS);
        TraceKey(short << TraceKey::REST | rest & u64::from(u16::MAX))
    }

    /// The first four bytes of the key of a trace.
    pub(super) fn short_key(self, id: TraceId) -> u32 {
        self.key(id).short()
    }

    /// The column with the seeds of a table. A database that may only be read can have an earlier
    /// format, which has none.
    pub(super) fn column(connection: &Connection, table: &str) -> &'static str {
        match connection.column_exists(None, table, "seed") {
            Ok(false) => "0",
            _ => "seed",
        }
    }

    /// The form in the database.
    pub(super) fn to_number(self) -> i64 {
        self.0.cast_signed()
    }

    /// Reads the form in the database.
    pub(super) fn from_number(number: i64) -> Self {
        Self(number.cast_unsigned())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_that_end_alike_have_different_keys() {
        let ids = (1..=10_000_u128).map(|n| TraceId::new((n << 64).to_be_bytes()).unwrap());
        let keys = |seed: KeySeed| -> HashSet<TraceKey> {
            let keys = ids.clone().map(|id| seed.key(id));
            keys.collect()
        };
        let (one, other) = (KeySeed::random(), KeySeed::random());
        assert_eq!(keys(one).len(), 10_000);
        let short: HashSet<_> = keys(one).iter().map(|key| key.short()).collect();
        assert!(short.len() > 9_990);
        assert_ne!(keys(one), keys(other));
        assert_eq!(KeySeed::from_number(one.to_number()), one);
        assert_eq!(
            keys(KeySeed::LAST_BYTES),
            HashSet::from([TraceKey::new(0, 0)])
        );
        let id = TraceId::new(7_u128.to_be_bytes()).unwrap();
        assert_eq!(KeySeed::LAST_BYTES.short_key(id), 7);
    }

    #[test]
    fn the_first_bytes_of_a_key_are_those_of_earlier_formats() {
        let id = TraceId::new([9; 16]).unwrap();
        let hash = xxh3_64_with_seed(&[9; 16], 5);
        let key = KeySeed(5).key(id);
        assert_eq!(u64::from(key.short()), hash & u64::from(u32::MAX));
        assert_eq!(u64::from(key.rest()), hash >> 32 & u64::from(u16::MAX));
        assert_eq!(key.without_rest(), TraceKey::new(key.short(), 0));
        assert_eq!(key, TraceKey::new(key.short(), key.rest()));
    }
}
