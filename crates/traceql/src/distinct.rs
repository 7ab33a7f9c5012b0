//! Numbers for distinct values.

use std::hash::{BuildHasher as _, Hash as _, Hasher};
use std::slice;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::Value;

/// The numbers of values, or of lists of values, that were seen before. Whoever has numbered them
/// keeps them.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    /// Each with the hash of its values, which lie all over the memory.
    numbers: HashTable<(Hash, u32)>,
    hasher: DefaultHashBuilder,
}

/// A hash of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash(u32);

impl Distinct {
    /// The number of these values; their hash if they are new. `known` are the values of a number.
    pub(crate) fn find<'k>(
        &self,
        values: &[Value<'_>],
        known: impl Fn(u32) -> &'k [Value<'static>],
    ) -> Result<u32, Hash> {
        self.find_hashed(self.hash(values), values, known)
    }

    /// The same for each value of a list. The list is gone through several times, since a processor waits
    /// for the memory of many values at once if little is done with each.
    pub(crate) fn find_each<'k>(
        &self,
        values: &[Value<'_>],
        known: impl Fn(u32) -> &'k [Value<'static>],
    ) -> Vec<Result<u32, Hash>> {
        let hashes = values.iter().map(|value| self.hash(slice::from_ref(value)));
        let hashes: Vec<_> = hashes.collect();
        let alike = hashes.iter().map(|hash| {
            let found = self.numbers.find(hash.long(), |(other, _)| other == hash);
            found.map(|(_, number)| *number).ok_or(*hash)
        });
        let mut found: Vec<_> = alike.collect();
        for ((value, hash), found) in values.iter().zip(hashes).zip(&mut found) {
            let value = slice::from_ref(value);
            if found.is_ok_and(|number| !are_same(known(number), value)) {
                *found = self.find_hashed(hash, value, &known);
            }
        }
        found
    }

    fn find_hashed<'k>(
        &self,
        hash: Hash,
        values: &[Value<'_>],
        known: impl Fn(u32) -> &'k [Value<'static>],
    ) -> Result<u32, Hash> {
        let is_it =
            |(other, number): &(Hash, u32)| *other == hash && are_same(known(*number), values);
        let found = self.numbers.find(hash.long(), is_it);
        found.map(|(_, number)| *number).ok_or(hash)
    }

    /// Remembers the number of new values with that hash.
    pub(crate) fn insert(&mut self, hash: Hash, number: u32) {
        let entry = (hash, number);
        self.numbers
            .insert_unique(hash.long(), entry, |(hash, _)| hash.long());
    }

    fn hash(&self, values: &[Value<'_>]) -> Hash {
        let mut state = self.hasher.build_hasher();
        for value in values {
            hash_into(value, &mut state);
        }
        Hash(u32::try_from(state.finish() >> u32::BITS).unwrap_or_default())
    }
}

impl Hash {
    /// The table takes the place from the lowest bits, and compares the highest ones.
    fn long(self) -> u64 {
        u64::from(self.0) << u32::BITS | u64::from(self.0)
    }
}

fn are_same(a: &[Value<'_>], b: &[Value<'_>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
}

/// Returns true if two values are equal; floats are if their bits are.
pub(crate) fn is_same(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::List(a), Value::List(b)) => are_same(a, b),
        (a, b) => a == b,
    }
}

/// Hashes a value, so that the same values have equal hashes.
pub(crate) fn hash_into(value: &Value<'_>, state: &mut impl Hasher) {
    std::mem::discriminant(value).hash(state);
    match value {
        Value::Nil => {}
        Value::Bool(bool) => bool.hash(state),
        Value::Int(int) | Value::Duration(int) => int.hash(state),
        Value::Float(float) => float.to_bits().hash(state),
        Value::Text(text) => text.hash(state),
        Value::Status(status) => status.hash(state),
        Value::Kind(kind) => kind.hash(state),
        Value::List(values) => values.iter().for_each(|value| hash_into(value, state)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_same_values_have_one_number() {
        let list = |ints: &[i64]| {
            let ints: Vec<_> = ints.iter().map(|int| Value::Int(*int)).collect();
            Value::List(Arc::from(ints))
        };
        let all = [
            vec![],
            vec![Value::Nil],
            vec![Value::Int(1)],
            vec![Value::Duration(1)],
            vec![Value::Float(0.0)],
            vec![Value::Float(-0.0)],
            vec![Value::Float(f64::NAN)],
            vec![Value::text("1")],
            vec![Value::text("1"), Value::Nil],
            vec![list(&[1, 2])],
            vec![list(&[1])],
        ];
        let known = |number: u32| all[number as usize].as_slice();
        let mut distinct = Distinct::default();
        for number in 0..11 {
            let hash = distinct.find(known(number), known).unwrap_err();
            distinct.insert(hash, number);
        }
        for number in 0..11 {
            assert_eq!(distinct.find(known(number), known), Ok(number));
        }
        assert!(distinct.find(&[Value::text("2")], known).is_err());
        let alone = (0..).zip(&all).filter(|(_, values)| values.len() == 1);
        let (numbers, mut alone): (Vec<_>, Vec<_>) =
            alone.map(|(n, v)| (Ok(n), v[0].clone())).unzip();
        assert_eq!(distinct.find_each(&alone, known), numbers);
        alone.push(Value::text("2"));
        assert!(distinct.find_each(&alone, known).pop().unwrap().is_err());
    }
}
