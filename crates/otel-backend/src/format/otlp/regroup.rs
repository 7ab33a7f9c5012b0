//! Encodes spans to `TracesData`, grouped by resource and scope.

use std::iter;
use std::sync::Arc;

use super::encode::{encode_resource, encode_scope, encode_span};
use super::groups::{ResourceScope, write_groups};
use crate::model::{Resource, Scope, Span};

/// The size of the spans in a message, in bytes. gRPC clients refuse messages of 4 MiB.
const MESSAGE: usize = 1024 * 1024;

/// Encodes spans to `TracesData` messages of about 1 MiB, each made when it is asked for.
/// Concatenated they are one `TracesData` too, since a protobuf reader merges repeated fields.
pub fn traces_data<'s>(mut spans: impl Iterator<Item = Span<'s>>) -> impl Iterator<Item = Vec<u8>> {
    iter::from_fn(move || {
        let mut message = Message::default();
        for span in spans.by_ref() {
            message.push(&span);
            if message.size >= MESSAGE {
                break;
            }
        }
        (message.size > 0).then(|| message.finish())
    })
}

#[derive(Default)]
struct Message<'s> {
    groups: Vec<Group<'s>>,
    /// The bytes of all spans, without resources and scopes.
    size: usize,
}

struct Group<'s> {
    resource: Arc<Resource<'s>>,
    scope: Arc<Scope<'s>>,
    /// The `Span` messages.
    spans: Vec<Vec<u8>>,
}

impl<'s> Message<'s> {
    /// Adds a span at the end of its group.
    fn push(&mut self, span: &Span<'s>) {
        let mut message = Vec::new();
        encode_span(span, &mut message);
        self.size += message.len();
        let found = self.groups.iter_mut().rev().find(|group| group.takes(span));
        match found {
            Some(group) => group.spans.push(message),
            None => self.groups.push(Group {
                resource: Arc::clone(&span.resource),
                scope: Arc::clone(&span.scope),
                spans: vec![message],
            }),
        }
    }

    fn finish(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size);
        for group in self.groups {
            let (mut resource, mut scope) = (Vec::new(), Vec::new());
            encode_resource(&group.resource, &mut resource);
            encode_scope(&group.scope, &mut scope);
            let head = ResourceScope {
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
        let is_same_resource =
            std::ptr::addr_eq(Arc::as_ptr(&self.resource), Arc::as_ptr(&span.resource))
                || *self.resource == *span.resource;
        is_same_resource
            && (std::ptr::addr_eq(Arc::as_ptr(&self.scope), Arc::as_ptr(&span.scope))
                || *self.scope == *span.scope)
    }
}
