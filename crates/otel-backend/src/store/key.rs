//! The keys by which the indexes of blocks and of log frames know traces.

use rusqlite::Connection;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::secret;
use crate::model::TraceId;

/// The seed of the keys in an index.
///
/// A key is four bytes, so several traces may share one, and are then read together. Senders choose
/// the ids of traces, but do not know the seed: they cannot make many share a key, neither on purpose
/// nor because their ids all end alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KeySeed(u64);

impl KeySeed {
    /// In formats 1 to 6, the key was the last four bytes of the id, big-endian.
    pub(super) const LAST_BYTES: Self = Self(0);

    /// A seed that nobody knows.
    pub(super) fn random() -> Self {
        Self(secret::random().max(1))
    }

    /// The key of a trace.
    pub(super) fn key(self, id: TraceId) -> u32 {
        let [.., a, b, c, d] = if self == Self::LAST_BYTES {
            *id.as_bytes()
        } else {
            u128::from(xxh3_64_with_seed(id.as_bytes(), self.0)).to_be_bytes()
        };
        u32::from_be_bytes([a, b, c, d])
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
        let keys = |seed: KeySeed| -> HashSet<u32> { ids.clone().map(|id| seed.key(id)).collect() };
        let (one, other) = (KeySeed::random(), KeySeed::random());
        assert!(keys(one).len() > 9_990);
        assert_ne!(keys(one), keys(other));
        assert_eq!(KeySeed::from_number(one.to_number()), one);
        assert_eq!(keys(KeySeed::LAST_BYTES), HashSet::from([0]));
        let id = TraceId::new(7_u128.to_be_bytes()).unwrap();
        assert_eq!(KeySeed::LAST_BYTES.key(id), 7);
    }
}
