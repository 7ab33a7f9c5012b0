//! Filters that tell which values a column certainly does not have.

use xxhash_rust::xxh3::xxh3_64;

/// A Bloom filter of some values.
#[derive(Debug)]
pub(super) struct Bloom(Vec<u8>);

/// The bits per value, and how many of them are set for it: one in a hundred values that are not in
/// the filter seems to be in it.
const BITS: usize = 10;
const PROBES: u64 = 6;

impl Bloom {
    /// An empty filter with capacity for so many values.
    pub(super) fn with_room_for(values: usize) -> Self {
        Self(vec![0; (values * BITS).div_ceil(8)])
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn insert(&mut self, value: &[u8]) {
        for bit in self.bits(value) {
            if let Some(byte) = self.0.get_mut(bit / 8) {
                *byte |= 1 << (bit % 8);
            }
        }
    }

    /// Returns true if the value may be in the column.
    pub(super) fn may_hold(&self, value: &[u8]) -> bool {
        self.bits(value).all(|bit| {
            let byte = self.0.get(bit / 8);
            byte.is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
        })
    }

    fn bits(&self, value: &[u8]) -> impl Iterator<Item = usize> + use<> {
        let length = self.0.len() as u128 * 8;
        // Double hashing: the two halves of one hash give as many as needed.
        let hash = xxh3_64(value);
        let step = hash.rotate_right(32) | 1;
        let nth = move |n| u128::from(hash.wrapping_add(step.wrapping_mul(n)));
        // A product is scaled down where a remainder would do, which takes ten times as long.
        (0..PROBES).map(move |n| usize::try_from((nth(n) * length) >> 64).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_inserted_may_be_there_and_hardly_anything_else() {
        let value = |n: u32| n.to_string().into_bytes();
        let mut bloom = Bloom::with_room_for(1000);
        (0..1000).for_each(|n| bloom.insert(&value(n)));
        let bloom = Bloom::from_bytes(bloom.as_bytes().to_vec());
        assert!((0..1000).all(|n| bloom.may_hold(&value(n))));
        let wrong = (1000..11_000)
            .filter(|n| bloom.may_hold(&value(*n)))
            .count();
        assert!(wrong < 200, "{wrong} of 10,000");
        assert!(!Bloom::from_bytes(Vec::new()).may_hold(b""));
    }
}
