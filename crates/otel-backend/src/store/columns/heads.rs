//! The resources and scopes of a group.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::texts::Values;
use crate::format::otlp::GroupHead;

/// The resources and scopes of a group.
#[derive(Debug)]
pub(crate) struct Heads {
    values: Values,
    /// A hash of each, by which it is known again in another group.
    hashes: Vec<u64>,
}

impl Heads {
    pub(super) fn of(values: Values) -> Self {
        let mut heads = Self {
            values,
            hashes: Vec::new(),
        };
        let numbers = 0..heads.values.count() as u64 / 4;
        heads.hashes = numbers.map(|number| hash(heads.get(number))).collect();
        heads
    }

    /// All of them, each with a hash of its bytes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, GroupHead<'_>)> {
        let hashes = self.hashes.iter().copied();
        (0..)
            .zip(hashes)
            .map(|(number, hash)| (hash, self.get(number)))
    }

    /// The resource and scope with an index; empty if there is none.
    pub(crate) fn get(&self, number: u64) -> GroupHead<'_> {
        let first = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .saturating_mul(4);
        let part = |part: usize| {
            self.values
                .get(first.saturating_add(part))
                .unwrap_or_default()
        };
        GroupHead {
            resource: part(0),
            resource_schema: part(1),
            scope: part(2),
            scope_schema: part(3),
        }
    }
}

fn hash(head: GroupHead<'_>) -> u64 {
    let parts = [
        head.resource,
        head.resource_schema,
        head.scope,
        head.scope_schema,
    ];
    parts
        .iter()
        .fold(0, |seed, part| xxh3_64_with_seed(part, seed))
}
