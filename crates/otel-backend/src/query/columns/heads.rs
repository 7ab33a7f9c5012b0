//! The resources and scopes of frames of columns.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use hashbrown::HashMap;
use traceql::{Scope as At, Value};

use crate::format::otlp::{Group, ResourceScope, SpanGroup, span_groups};
use crate::model::{Resource, Scope};
use crate::query::traceql::batch::number;
use crate::store::{Heads, ReadAt, ReadError, Scan, StoredHead};

/// A resource and a scope, decoded.
#[derive(Debug)]
pub(in crate::query) struct Head {
    pub(super) resource: Resource<'static>,
    pub(super) scope: Scope<'static>,
}

/// The resources and scopes that a question has met: frames have the same ones, so each is decoded once.
#[derive(Debug, Default)]
pub(in crate::query) struct KnownHeads {
    /// By the place in memory of their stored form, which is held so that no other one comes to lie there.
    known: HashMap<*const StoredHead, (Arc<StoredHead>, Rc<Head>)>,
    /// The bytes of all of them.
    bytes: usize,
}

/// The bytes of resources and scopes that are kept decoded.
const MAX_KNOWN: usize = 1 << 20;

impl KnownHeads {
    /// Those of a frame, decoded; `None` if one cannot be read.
    pub(super) fn of(&mut self, heads: &Heads) -> Option<Vec<Rc<Head>>> {
        heads.iter().map(|head| self.head(head)).collect()
    }

    fn head(&mut self, stored: &Arc<StoredHead>) -> Option<Rc<Head>> {
        if let Some((_, head)) = self.known.get(&Arc::as_ptr(stored)) {
            return Some(Rc::clone(head));
        }
        let head = Rc::new(decode(stored.get())?);
        self.bytes += stored.size();
        if self.bytes > MAX_KNOWN {
            self.known.clear();
            self.bytes = stored.size();
        }
        let known = (Arc::clone(stored), Rc::clone(&head));
        self.known.insert(Arc::as_ptr(stored), known);
        Some(head)
    }
}

fn decode(head: ResourceScope<'_>) -> Option<Head> {
    let group = Group {
        head,
        spans: Vec::new(),
    };
    let SpanGroup {
        resource, scope, ..
    } = span_groups(vec![group]).ok()?.pop()?;
    Some(Head {
        resource: Resource::clone(&resource).into_owned(),
        scope: Scope::clone(&scope).into_owned(),
    })
}

/// The resources and scopes of a frame, with the index for each span.
#[derive(Debug)]
pub(super) struct SharedHeads {
    heads: Vec<Rc<Head>>,
    pub(super) codes: Vec<u32>,
}

impl SharedHeads {
    /// Reads them; `None` if they are not what OTLP says.
    pub(super) fn read<R: ReadAt<Error = ReadError>>(
        scan: &mut Scan<'_, '_, R>,
        known: &mut KnownHeads,
    ) -> Result<Option<Self>, ReadError> {
        let heads = scan.group.heads()?;
        let Some(heads) = known.of(&heads) else {
            return Ok(None);
        };
        let code = |code| number(usize::try_from(code).unwrap_or(usize::MAX));
        let codes = scan.group.head_codes()?.into_iter().map(code);
        Ok(Some(Self {
            heads,
            codes: codes.collect(),
        }))
    }

    /// A value for each resource or scope.
    pub(super) fn values<'h>(&'h self, take: impl Fn(&'h Head) -> Value<'h>) -> Vec<Value<'h>> {
        self.heads.iter().map(|head| take(head)).collect()
    }

    /// The keys of the attributes of all of them.
    pub(super) fn keys(&self, scope: At) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for head in &self.heads {
            let attributes = match scope {
                At::Instrumentation => &head.scope.attributes,
                _ => &head.resource.attributes,
            };
            keys.extend(attributes.iter().map(|attribute| attribute.key.to_string()));
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::otlp::encode_resource;
    use crate::model::{Attribute, Value};
    use crate::store::HeadPool;

    /// The bytes of a resource with a number in so many digits.
    fn resource(number: usize, digits: usize) -> Vec<u8> {
        let text = format!("{number:0>digits$}");
        let mut bytes = Vec::new();
        let resource = Resource {
            attributes: vec![Attribute::new("key", Value::String(text.into()))],
            ..Resource::default()
        };
        encode_resource(&resource, &mut bytes);
        bytes
    }

    fn with(resource: &[u8]) -> ResourceScope<'_> {
        ResourceScope {
            resource,
            ..ResourceScope::default()
        }
    }

    #[test]
    fn each_head_is_decoded_once_and_not_too_many_are_kept() {
        let (pool, mut known) = (HeadPool::default(), KnownHeads::default());
        let mut head = |head: ResourceScope<'_>| {
            let head = known.head(&pool.share(head));
            let sizes = known.known.values().map(|(stored, _)| stored.size());
            assert_eq!(sizes.sum::<usize>(), known.bytes);
            assert!(known.bytes <= MAX_KNOWN);
            head
        };
        let [one, other] = [resource(1, 1), resource(2, 1)];
        let first = head(with(&one)).unwrap();
        assert!(Rc::ptr_eq(&first, &head(with(&one)).unwrap()));
        assert_ne!(first.resource, head(with(&other)).unwrap().resource);
        let schema = ResourceScope {
            resource_schema: b"s",
            ..with(&one)
        };
        assert_eq!(head(schema).unwrap().resource.schema_url, "s");
        for number in 0..1000 {
            head(with(&resource(number, 10_000))).unwrap();
        }
        assert!(head(with(b"\xff")).is_none());
    }
}
