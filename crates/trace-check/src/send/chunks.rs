//! Divides spans into requests.

use std::sync::Arc;

use crate::model::Span;
use crate::protocol::Protocol;

/// The most spans in a request, well below the usual limit of 4 MiB in gRPC servers.
const MOST: usize = 1_000;

/// Divides spans into requests. Jaeger's requests have a single process, which represents the
/// resource.
pub(super) fn chunks<'a>(spans: &[&'a Span], protocol: Protocol) -> Vec<Vec<&'a Span>> {
    let mut chunks: Vec<Vec<&Span>> = Vec::new();
    for span in spans {
        let last = chunks.last_mut().filter(|chunk| chunk.len() < MOST);
        let last = last.filter(|chunk| {
            let same = |first: &&Span| Arc::ptr_eq(&first.resource, &span.resource);
            !protocol.is_jaeger() || chunk.first().is_some_and(same)
        });
        match last {
            Some(chunk) => chunk.push(span),
            None => chunks.push(vec![span]),
        }
    }
    chunks
}

/// Runs of spans with the same resource and scope.
pub(super) fn groups<'s, 'a>(spans: &'s [&'a Span]) -> impl Iterator<Item = &'s [&'a Span]> {
    spans.chunk_by(|a, b| Arc::ptr_eq(&a.resource, &b.resource) && Arc::ptr_eq(&a.scope, &b.scope))
}
