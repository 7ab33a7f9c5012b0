//! Decodes OTLP's bytes to spans.

use std::sync::Arc;

use super::decode::{read_resource, read_scope, read_span};
use super::{Group, Malformed, ResourceScope, groups};
use crate::format::{Decoded, Incoming};
use crate::model::{InvalidSpan, Resource, Scope, Span};

/// Spans with their decoded resource and scope; the spans themselves are not decoded yet.
#[derive(Debug)]
pub struct SpanGroup<'a> {
    /// The resource that emitted the spans.
    pub resource: Arc<Resource<'a>>,
    /// The scope that recorded them.
    pub scope: Arc<Scope<'a>>,
    /// The `Span` messages.
    pub messages: Vec<&'a [u8]>,
}

/// Decodes an `ExportTraceServiceRequest` or a `TracesData`.
///
/// A span that is invalid, or whose own bytes cannot be read, is an error of its own.
///
/// # Errors
/// [`Malformed`] if the bytes around the spans are not such a message.
pub fn decode_traces(bytes: &[u8]) -> Result<Decoded<'_>, Malformed> {
    let groups = span_groups(groups(bytes)?)?;
    let mut attributes = 0;
    let spans = groups.into_iter().flat_map(|mut group| {
        let messages = std::mem::take(&mut group.messages).into_iter();
        messages.map(move |message| (message, group.resource.clone(), group.scope.clone()))
    });
    Ok(Box::new(spans.map(move |(message, resource, scope)| {
        let span = read_span(message, attributes, resource, scope)?;
        // Spans of a sender usually have about as many attributes as the previous one.
        attributes = span.attributes.len();
        Ok(Incoming {
            span,
            message: Some(message),
        })
    })))
}

/// Decodes resources and scopes, but not the spans.
///
/// # Errors
/// [`Malformed`] if it cannot be read.
pub fn span_groups(groups: Vec<Group<'_>>) -> Result<Vec<SpanGroup<'_>>, Malformed> {
    let mut read: Vec<SpanGroup<'_>> = Vec::with_capacity(groups.len());
    let mut last = None;
    for group in groups {
        let resource = match (read.last(), last) {
            (Some(before), Some(head)) if same_resource(&head, &group.head) => {
                Arc::clone(&before.resource)
            }
            _ => Arc::new(read_resource(&group.head)?),
        };
        last = Some(group.head);
        read.push(SpanGroup {
            resource,
            scope: Arc::new(read_scope(&group.head)?),
            messages: group.spans,
        });
    }
    Ok(read)
}

/// Returns true if two groups have the same resource message, or equal ones.
fn same_resource(a: &ResourceScope<'_>, b: &ResourceScope<'_>) -> bool {
    a.resource == b.resource && a.resource_schema == b.resource_schema
}

impl<'a> SpanGroup<'a> {
    /// Decodes one of the group's messages.
    ///
    /// # Errors
    /// [`InvalidSpan`] if it is not a valid span.
    pub fn decode(&self, message: &'a [u8]) -> Result<Span<'a>, InvalidSpan> {
        self.decode_expecting(0, message)
    }

    /// Like [`Self::decode`], with capacity for so many attributes.
    ///
    /// # Errors
    /// [`InvalidSpan`] if it is not a valid span.
    pub fn decode_expecting(
        &self,
        attributes: usize,
        message: &'a [u8],
    ) -> Result<Span<'a>, InvalidSpan> {
        let (resource, scope) = (Arc::clone(&self.resource), Arc::clone(&self.scope));
        read_span(message, attributes, resource, scope)
    }
}
