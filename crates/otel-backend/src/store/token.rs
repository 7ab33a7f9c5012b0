//! Tokens: what stands for an operation while spans are taken.

use xxhash_rust::xxh3::xxh3_64_with_seed as hash;

use super::{Operation, secret};
use crate::model::{Span, SpanKind};

/// An operation as one number, so that one which is known already is known at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Token(pub(super) u64);

impl Token {
    /// That of the operation of a span.
    pub(super) fn of(span: &Span<'_>) -> Self {
        Self::new(span.resource.service_name(), &span.name, span.kind)
    }

    /// That of an operation.
    pub(super) fn of_operation(operation: &Operation) -> Self {
        Self::new(&operation.service, &operation.name, operation.kind)
    }

    fn new(service: &str, name: &str, kind: SpanKind) -> Self {
        let and = |seed, text: &str| hash(text.as_bytes(), seed);
        Self(
            [service, name, kind.as_str()]
                .into_iter()
                .fold(secret::of_process(), and),
        )
    }
}
