//! Filters that tell which attributes the spans of a group certainly do not have.

use std::io;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::pack::{Chunk, Cursor, Damaged, Packer};

/// A Bloom filter of keys and values of attributes, in all places together.
#[derive(Debug)]
pub(super) struct Filter {
    bits: Vec<u8>,
    probes: u8,
}

/// Keys and values to be put into a filter.
#[derive(Debug, Default)]
pub(super) struct FilterBuilder(Vec<u64>);

/// The header of a filter.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredFilter {
    probes: u8,
    pub(super) chunk: Chunk,
}

/// Nobody asks for the whole of a longer text, in bytes, so there is no room for it.
const LONGEST: usize = 256;

/// Bits for a value, of which one in three hundred that are not there then seems to be there.
const BITS: usize = 12;

/// Bits for a span: if it has many values, each gets fewer.
const BITS_OF_A_SPAN: usize = 40;

/// The most bits that are set for a value.
const MAX_PROBES: usize = 8;

impl FilterBuilder {
    /// Adds a value of the attributes with a key.
    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) {
        if value.len() <= LONGEST {
            self.0.push(hash(key, value));
        }
    }

    /// The filter for so many spans.
    fn build(mut self, spans: usize) -> Filter {
        self.0.sort_unstable();
        self.0.dedup();
        let values = self.0.len();
        let bytes = (BITS * values).min(BITS_OF_A_SPAN * spans).div_ceil(8);
        // So many probes make the fewest errors: the number of bits for a value times ln 2.
        let probes = (bytes * 8 * 7 / 10 / values.max(1)).clamp(1, MAX_PROBES);
        let mut filter = Filter {
            bits: vec![0; bytes],
            probes: u8::try_from(probes).unwrap_or(1),
        };
        for hash in self.0 {
            filter.insert(hash);
        }
        filter
    }

    /// Writes the filter for so many spans.
    pub(super) fn write(self, spans: usize, packer: &mut Packer) -> io::Result<()> {
        let filter = self.build(spans);
        packer.number(filter.probes.into());
        packer.chunk(&filter.bits)
    }
}

impl StoredFilter {
    /// Reads the header that [`FilterBuilder::write`] wrote.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Damaged> {
        let probes = u8::try_from(cursor.number()?).ok();
        let probes = probes.filter(|probes| usize::from(*probes) <= MAX_PROBES);
        Ok(Self {
            probes: probes.ok_or(Damaged("its filter has too many probes"))?,
            chunk: cursor.chunk()?,
        })
    }

    /// The filter with these bits.
    pub(super) fn with(self, bits: Vec<u8>) -> Filter {
        let probes = self.probes;
        Filter { bits, probes }
    }
}

impl Filter {
    fn insert(&mut self, hash: u64) {
        for bit in self.bits_of(hash) {
            if let Some(byte) = self.bits.get_mut(bit / 8) {
                *byte |= 1 << (bit % 8);
            }
        }
    }

    /// Returns true if a span may have this attribute.
    pub(super) fn may_hold(&self, key: &[u8], value: &[u8]) -> bool {
        value.len() > LONGEST
            || self.bits_of(hash(key, value)).all(|bit| {
                let byte = self.bits.get(bit / 8);
                byte.is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
            })
    }

    fn bits_of(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let length = self.bits.len() as u128 * 8;
        // Double hashing: the two halves of one hash give as many as needed.
        let step = hash.rotate_right(32) | 1;
        let nth = move |n| u128::from(hash.wrapping_add(step.wrapping_mul(n)));
        // A product is scaled down where a remainder would do, which takes ten times as long.
        let bit = move |n| usize::try_from((nth(n) * length) >> 64).unwrap_or_default();
        (0..u64::from(self.probes)).map(bit)
    }
}

/// The seed for the hashes of the values of attributes with a key.
pub(super) fn hash_of_key(key: &[u8]) -> u64 {
    xxh3_64(key)
}

fn hash(key: &[u8], value: &[u8]) -> u64 {
    xxh3_64_with_seed(value, hash_of_key(key))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn filter(values: &[(Vec<u8>, Vec<u8>)], spans: usize) -> Filter {
        let mut builder = FilterBuilder::default();
        for (key, value) in values {
            builder.add(key, value);
        }
        builder.build(spans)
    }

    fn numbers(range: std::ops::Range<u32>) -> Vec<(Vec<u8>, Vec<u8>)> {
        let value = |n: u32| (b"key".to_vec(), n.to_string().into_bytes());
        range.map(value).collect()
    }

    proptest! {
        #[test]
        fn what_was_added_may_be_there(
            values in vec((vec(any::<u8>(), 0..4), vec(any::<u8>(), 0..300)), 0..200),
            spans in 0_usize..300,
        ) {
            let filter = filter(&values, spans);
            prop_assert!(filter.bits.len() <= 5 * spans);
            // Without spans there are no values to ask for.
            prop_assert!(spans == 0 || values.iter().all(|(k, v)| filter.may_hold(k, v)));
        }
    }

    #[test]
    fn what_was_not_added_hardly_ever_seems_to_be_there() {
        for (spans, most) in [(1000, 100), (150, 1200)] {
            let filter = filter(&numbers(0..1000), spans);
            let others = numbers(1000..11_000);
            let wrong = others.iter().filter(|(k, v)| filter.may_hold(k, v)).count();
            assert!(wrong < most, "{wrong} of 10,000 with {spans} spans");
        }
    }

    #[test]
    fn a_value_belongs_to_its_key_and_long_ones_are_not_kept() {
        let filter = filter(&numbers(0..10), 10);
        assert!(!filter.may_hold(b"other", b"1") && !filter.may_hold(b"key", b"10"));
        assert!(filter.may_hold(b"key", &[b'x'; LONGEST + 1]));
        assert!(!self::filter(&[], 10).may_hold(b"key", b""));
    }
}
