//! Numbers that no sender knows: seeds for hashes of what senders choose. With a known seed, they could
//! choose many values with one hash, and a table of them would be searched from end to end.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// Another number each time.
pub(super) fn random() -> u64 {
    // The hasher of the standard library has random keys.
    RandomState::new().hash_one(())
}

/// The number of this process.
pub(super) fn of_process() -> u64 {
    static SECRET: LazyLock<u64> = LazyLock::new(random);
    *SECRET
}
