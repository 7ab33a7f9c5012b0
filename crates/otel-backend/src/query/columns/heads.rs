//! The resources and scopes of frames of columns.

use std::collections::BTreeSet;
use std::rc::Rc;

use hashbrown::HashMap;
use traceql::{Scope as At, Value};

use crate::format::otlp::{Group, GroupHead, SpanGroup, span_groups};
use crate::model::{Resource, Scope};
use crate::query::traceql::batch::number;
use crate::store::{Heads, ReadAt, ReadError, Scan};

/// A resource and a scope, decoded.
#[derive(Debug)]
pub(in crate::query) struct Head {
    pub(super) resource: Resource<'static>,
    pub(super) scope: Scope<'static>,
}

/// The resources and scopes that a question has met: frames have the same ones, so each is decoded once.
#[derive(Debug, Default)]
pub(in crate::query) struct KnownHeads {
    /// By the hashes of their bytes.
    known: HashMap<u64, Known>,
    /// The bytes of all of them.
    bytes: usize,
}

#[derive(Debug)]
struct Known {
    parts: [Vec<u8>; 4],
    head: Rc<Head>,
}

/// The bytes of resources and scopes that are kept decoded.
const MAX_KNOWN: usize = 1 << 20;

impl KnownHeads {
    /// Those of a frame, decoded; `None` if one cannot be read.
    pub(super) fn of(&mut self, heads: &Heads) -> Option<Vec<Rc<Head>>> {
        let mut known = Vec::new();
        for (hash, head) in heads.iter() {
            known.push(self.head(hash, head)?);
        }
        Some(known)
    }

    fn head(&mut self, hash: u64, head: GroupHead<'_>) -> Option<Rc<Head>> {
        let parts = [
            head.resource,
            head.resource_schema,
            head.scope,
            head.scope_schema,
        ];
        if let Some(known) = self.known.get(&hash)
            && known.parts == parts
        {
            return Some(Rc::clone(&known.head));
        }
        let head = Rc::new(decode(head)?);
        let size = parts.iter().map(|part| part.len()).sum();
        self.bytes += size;
        if self.bytes > MAX_KNOWN {
            self.known.clear();
            self.bytes = size;
        }
        let known = Known {
            parts: parts.map(<[u8]>::to_vec),
            head: Rc::clone(&head),
        };
        if let Some(before) = self.known.insert(hash, known) {
            self.bytes -= before.size();
        }
        Some(head)
    }
}

impl Known {
    fn size(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }
}

fn decode(head: GroupHead<'_>) -> Option<Head> {
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

    fn with(resource: &[u8]) -> GroupHead<'_> {
        GroupHead {
            resource,
            ..GroupHead::default()
        }
    }

    #[test]
    fn each_head_is_decoded_once_and_not_too_many_are_kept() {
        let mut known = KnownHeads::default();
        let [one, other] = [resource(1, 1), resource(2, 1)];
        let first = known.head(1, with(&one)).unwrap();
        assert!(Rc::ptr_eq(&first, &known.head(1, with(&one)).unwrap()));
        assert_ne!(
            first.resource,
            known.head(2, with(&other)).unwrap().resource
        );
        // Two may have one hash.
        assert_ne!(
            first.resource,
            known.head(1, with(&other)).unwrap().resource
        );
        assert_eq!(first.resource, known.head(1, with(&one)).unwrap().resource);
        let schema = GroupHead {
            resource_schema: b"s",
            ..with(&one)
        };
        assert_eq!(known.head(3, schema).unwrap().resource.schema_url, "s");
        for number in 0..1000 {
            let resource = resource(number, 10_000);
            known.head(number as u64, with(&resource)).unwrap();
            assert!(known.bytes <= MAX_KNOWN);
        }
        assert_eq!(
            known.known.values().map(Known::size).sum::<usize>(),
            known.bytes
        );
        assert!(known.head(5000, with(b"\xff")).is_none());
    }
}
