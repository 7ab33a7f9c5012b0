//! Numbers for distinct values.

use std::hash::{BuildHasher as _, Hash as _, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::Value;

/// The numbers of values, or of lists of values, that were seen before. Whoever has numbered them
/// keeps them.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Distinct {
    /// The number of these values; `None` if they are new. `known` are the values of a number.
    pub(crate) fn find<'k>(
        &self,
        values: &[Value<'_>],
        known: impl Fn(u32) -> &'k [Value<'static>],
    ) -> Option<u32> {
        let hash = hash(&self.hasher, values);
        let found = self.numbers.find(hash, |number| {
            let known = known(*number);
            known.len() == values.len() && known.iter().zip(values).all(|(a, b)| is_same(a, b))
        });
        found.copied()
    }

    /// Remembers the number of new values, which `known` has already.
    pub(crate) fn insert<'k>(&mut self, number: u32, known: impl Fn(u32) -> &'k [Value<'static>]) {
        let Self { numbers, hasher } = self;
        let hash = |number: &u32| hash(hasher, known(*number));
        numbers.insert_unique(hash(&number), number, hash);
    }
}

fn hash(hasher: &DefaultHashBuilder, values: &[Value<'_>]) -> u64 {
    let mut state = hasher.build_hasher();
    for value in values {
        hash_into(value, &mut state);
    }
    state.finish()
}

/// Returns true if two values are equal; floats are if their bits are.
pub(crate) fn is_same(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_same(a, b))
        }
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
            assert_eq!(distinct.find(known(number), known), None);
            distinct.insert(number, known);
        }
        for number in 0..11 {
            assert_eq!(distinct.find(known(number), known), Some(number));
        }
        assert_eq!(distinct.find(&[Value::text("2")], known), None);
    }
}
