//! The resources and scopes of groups: most groups have the same ones, so each is kept once.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::format::otlp::ResourceScope;
use crate::store::secret;

/// A resource and a scope, as encoded. Those of a pool are the same if they are in the same place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StoredHead([Vec<u8>; 4]);

/// The resources and scopes of a group.
#[derive(Debug)]
pub(crate) struct Heads(Vec<Arc<StoredHead>>);

/// Resources and scopes that are in use, by the hashes of their bytes.
#[derive(Debug, Default)]
pub(crate) struct HeadPool(Mutex<Pool>);

#[derive(Debug, Default)]
struct Pool {
    heads: HashMap<u64, Weak<StoredHead>>,
    /// How often the pool was full.
    full: usize,
}

/// The number of resources and scopes in a pool after which those are removed that nothing uses.
const MANY: usize = 4096;

/// A full pool is looked through once in so many times: a group may have very many that are in use.
const SWEEP: usize = 256;

impl Heads {
    /// Those of a group, whose parts lie one after the other.
    pub(super) fn of<'v>(
        count: usize,
        value: impl Fn(usize) -> Option<&'v [u8]>,
        share: impl Fn(ResourceScope<'v>) -> Arc<StoredHead>,
    ) -> Self {
        let part = |place| value(place).unwrap_or_default();
        let heads = (0..count / 4).map(|number| {
            share(ResourceScope {
                resource: part(4 * number),
                resource_schema: part(4 * number + 1),
                scope: part(4 * number + 2),
                scope_schema: part(4 * number + 3),
            })
        });
        Self(heads.collect())
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<StoredHead>> {
        self.0.iter()
    }

    /// The resource and scope with an index; empty if there is none.
    pub(super) fn get(&self, number: u64) -> ResourceScope<'_> {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        self.0
            .get(number)
            .map(|head| head.get())
            .unwrap_or_default()
    }
}

impl StoredHead {
    pub(super) fn of(head: ResourceScope<'_>) -> Self {
        Self(parts(head).map(<[u8]>::to_vec))
    }

    /// The bytes of its parts.
    pub(crate) fn get(&self) -> ResourceScope<'_> {
        let [resource, resource_schema, scope, scope_schema] = &self.0;
        ResourceScope {
            resource,
            resource_schema,
            scope,
            scope_schema,
        }
    }

    /// The bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

impl HeadPool {
    /// The one with these parts.
    pub(crate) fn share(&self, head: ResourceScope<'_>) -> Arc<StoredHead> {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = hash(head);
        let known = pool.heads.get(&hash).and_then(Weak::upgrade);
        if let Some(known) = known.filter(|known| parts(known.get()) == parts(head)) {
            return known;
        }
        if pool.heads.len() >= MANY {
            if pool.full.is_multiple_of(SWEEP) {
                pool.heads.retain(|_, head| head.strong_count() > 0);
            }
            pool.full = pool.full.wrapping_add(1);
        }
        let head = Arc::new(StoredHead::of(head));
        // Those of a group that has very many are not shared.
        if pool.heads.len() < MANY {
            pool.heads.insert(hash, Arc::downgrade(&head));
        }
        head
    }
}

fn parts(head: ResourceScope<'_>) -> [&[u8]; 4] {
    let ResourceScope {
        resource,
        resource_schema,
        scope,
        scope_schema,
    } = head;
    [resource, resource_schema, scope, scope_schema]
}

fn hash(head: ResourceScope<'_>) -> u64 {
    let and = |seed, part| xxh3_64_with_seed(part, seed);
    parts(head).into_iter().fold(secret::of_process(), and)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_has_each_once_and_lets_go_of_what_nothing_uses() {
        let pool = HeadPool::default();
        let share = |number: usize, scope: &[u8]| {
            pool.share(ResourceScope {
                resource: &number.to_le_bytes(),
                scope,
                ..ResourceScope::default()
            })
        };
        let one = share(1, b"");
        assert!(Arc::ptr_eq(&one, &share(1, b"")));
        let other = share(1, b"s");
        assert!(!Arc::ptr_eq(&one, &other));
        assert_eq!((other.get().scope, other.size()), (&b"s"[..], 9));
        for number in 2..3 * MANY {
            share(number, b"");
        }
        let used: Vec<_> = (0..MANY + 9).map(|number| share(number, b"x")).collect();
        assert_eq!(used.last().unwrap().get().scope, b"x");
        assert!(pool.0.lock().unwrap().heads.len() <= MANY);
        assert!(Arc::ptr_eq(&one, &share(1, b"")));
    }
}
