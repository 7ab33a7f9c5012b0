//! The `emitBatch` message of agent.thrift, which wraps a batch in a datagram.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/agent.thrift>

use super::{
    Batch, decode,
    input::{Cursor, Input, Type},
};
use crate::{DecodeError, error::DecodeErrorKind};

pub(super) const NAME: &[u8] = b"emitBatch";

/// Go's clients call, Rust's and Python's call one-way.
pub(super) fn check_kind(kind: u8, at: &Cursor<'_>) -> Result<(), DecodeError> {
    match kind {
        1 | 4 => Ok(()),
        found => Err(at.error(DecodeErrorKind::Unexpected {
            expected: "a call or a one-way call",
            found,
        })),
    }
}

pub(super) fn check_name(name: &[u8], at: &Cursor<'_>) -> Result<(), DecodeError> {
    if name == NAME {
        return Ok(());
    }
    let shown = name.get(..64).unwrap_or(name);
    Err(at.error(DecodeErrorKind::Message {
        name: String::from_utf8_lossy(shown).into_owned(),
    }))
}

/// Reads the struct of arguments, of which the batch is the first.
pub(super) fn arguments<'a, I: Input<'a>>(input: &mut I) -> Result<Batch<'a>, DecodeError> {
    let mut batch = None;
    let mut previous = 0;
    while let Some(field) = input.field(previous)? {
        match (field.id, field.kind) {
            (1, Type::Struct) => batch = Some(decode::batch(input)?),
            (_, kind) => input.skip(kind)?,
        }
        previous = field.id;
    }
    batch.ok_or_else(|| {
        input.cursor().error(DecodeErrorKind::Missing {
            field: "emitBatch.batch",
        })
    })
}
