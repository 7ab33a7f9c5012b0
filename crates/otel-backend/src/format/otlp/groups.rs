//! Encoded spans, grouped by resource and scope: a `TracesData` whose spans are not decoded.

use super::Malformed;
use super::fields::{resource_spans, scope_spans, traces};
use crate::format::protobuf::{Reader, write_bytes, write_message};

/// The encoded resource and scope of a `ScopeSpans`.
///
/// An absent part is empty, which means the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ResourceScope<'a> {
    /// A `Resource` message.
    pub resource: &'a [u8],
    /// The schema URL of the resource.
    pub resource_schema: &'a [u8],
    /// An `InstrumentationScope` message.
    pub scope: &'a [u8],
    /// The schema URL of the scope.
    pub scope_schema: &'a [u8],
}

/// The spans of one `ScopeSpans`, with their resource and scope.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// The resource and the scope of the spans.
    pub head: ResourceScope<'a>,
    /// The `Span` messages, in the order sent.
    pub spans: Vec<&'a [u8]>,
}

/// Splits a `TracesData` into its groups, in the order sent.
///
/// # Errors
/// [`Malformed`] if the bytes outside the spans are not such a message. The spans are not checked.
pub fn groups(traces_data: &[u8]) -> Result<Vec<Group<'_>>, Malformed> {
    let mut groups = Vec::new();
    let mut reader = Reader::new(traces_data);
    while let Some(field) = reader.next()? {
        match field.number {
            traces::RESOURCE_SPANS => {
                read_resource_spans(field.bytes(&mut reader)?, &mut groups)?;
            }
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(groups)
}

fn read_resource_spans<'a>(
    message: &'a [u8],
    groups: &mut Vec<Group<'a>>,
) -> Result<(), Malformed> {
    let first = groups.len();
    let (mut resource, mut schema) = (&[][..], &[][..]);
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next()? {
        match field.number {
            resource_spans::RESOURCE => resource = field.bytes(&mut reader)?,
            resource_spans::SCHEMA_URL => schema = field.bytes(&mut reader)?,
            resource_spans::SCOPE_SPANS => {
                groups.push(read_scope_spans(field.bytes(&mut reader)?)?);
            }
            _ => field.skip(&mut reader)?,
        }
    }
    // The fields of a message may have any order, so the resource may come after its spans.
    for group in groups.iter_mut().skip(first) {
        group.head.resource = resource;
        group.head.resource_schema = schema;
    }
    Ok(())
}

fn read_scope_spans(message: &[u8]) -> Result<Group<'_>, Malformed> {
    let mut head = ResourceScope::default();
    let mut spans = Vec::new();
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next()? {
        match field.number {
            scope_spans::SCOPE => head.scope = field.bytes(&mut reader)?,
            scope_spans::SCHEMA_URL => head.scope_schema = field.bytes(&mut reader)?,
            scope_spans::SPANS => spans.push(field.bytes(&mut reader)?),
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(Group { head, spans })
}

/// Appends a `TracesData` with one `ResourceSpans` and one `ScopeSpans` for each group.
pub fn write_groups<'a, S>(
    groups: impl IntoIterator<Item = (ResourceScope<'a>, S)>,
    out: &mut Vec<u8>,
) where
    S: IntoIterator<Item = &'a [u8]>,
{
    for (head, spans) in groups {
        write_message(traces::RESOURCE_SPANS, out, |out| {
            write_bytes(resource_spans::RESOURCE, head.resource, out);
            if !head.resource_schema.is_empty() {
                write_bytes(resource_spans::SCHEMA_URL, head.resource_schema, out);
            }
            write_message(resource_spans::SCOPE_SPANS, out, |out| {
                write_bytes(scope_spans::SCOPE, head.scope, out);
                if !head.scope_schema.is_empty() {
                    write_bytes(scope_spans::SCHEMA_URL, head.scope_schema, out);
                }
                for span in spans {
                    write_bytes(scope_spans::SPANS, span, out);
                }
            });
        });
    }
}
