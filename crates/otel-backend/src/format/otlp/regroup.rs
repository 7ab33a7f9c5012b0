//! From spans to a `TracesData`, grouped by resource and by scope again.

use std::sync::Arc;

use super::encode::{encode_resource, encode_scope, encode_span};
use super::groups::{GroupHead, write_groups};
use crate::model::{Resource, Scope, Span};

/// Puts a `TracesData` together span by span.
#[derive(Debug, Default)]
pub struct TracesBuilder<'s> {
    groups: Vec<Group<'s>>,
    size: usize,
}

#[derive(Debug)]
struct Group<'s> {
    resource: &'s Arc<Resource<'s>>,
    scope: &'s Arc<Scope<'s>>,
    spans: Vec<Vec<u8>>,
}

impl<'s> TracesBuilder<'s> {
    /// Adds a span; within its group it is the last one.
    pub fn push(&mut self, span: &'s Span<'s>) {
        let mut message = Vec::new();
        encode_span(span, &mut message);
        self.size += message.len();
        let found = self.groups.iter_mut().rev().find(|group| group.takes(span));
        match found {
            Some(group) => group.spans.push(message),
            None => self.groups.push(Group {
                resource: &span.resource,
                scope: &span.scope,
                spans: vec![message],
            }),
        }
    }

    /// Bytes of all spans that were added; resources and scopes come on top.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The message.
    pub fn finish(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size);
        for group in self.groups {
            let (mut resource, mut scope) = (Vec::new(), Vec::new());
            encode_resource(group.resource, &mut resource);
            encode_scope(group.scope, &mut scope);
            let head = GroupHead {
                resource: &resource,
                resource_schema: group.resource.schema_url.as_bytes(),
                scope: &scope,
                scope_schema: group.scope.schema_url.as_bytes(),
            };
            write_groups([(head, group.spans.iter().map(Vec::as_slice))], &mut out);
        }
        out
    }
}

impl Group<'_> {
    fn takes(&self, span: &Span<'_>) -> bool {
        let (resource, scope) = (self.resource, self.scope);
        (Arc::as_ptr(resource).addr() == Arc::as_ptr(&span.resource).addr()
            || **resource == *span.resource)
            && (Arc::as_ptr(scope).addr() == Arc::as_ptr(&span.scope).addr()
                || **scope == *span.scope)
    }
}
