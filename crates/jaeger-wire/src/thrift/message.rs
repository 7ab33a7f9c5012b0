//! The `emitBatch` message of agent.thrift, which wraps a batch in a datagram.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/agent.thrift>

use super::input::{Input, Type};
use super::skip::skip;
use super::{Batch, decode};
use crate::error::{DecodeError, DecodeErrorKind};

pub(super) const NAME: &[u8] = b"emitBatch";

/// The message types of requests. Go's clients send a call, Python's and Rust's a one-way call.
const CALL: u8 = 1;
pub(super) const ONEWAY: u8 = 4;

/// The longest part of a wrong name that an error shows, in bytes.
const SHOWN: usize = 64;

/// Reads the message type, if it has a byte of its own.
pub(super) fn kind<'a, I: Input<'a>>(input: &mut I) -> Result<(), DecodeError> {
    let offset = input.cursor().offset();
    let kind = input.cursor().byte("a message type")?;
    check_kind(kind, offset)
}

pub(super) fn check_kind(kind: u8, offset: usize) -> Result<(), DecodeError> {
    match kind {
        CALL | ONEWAY => Ok(()),
        found => Err(DecodeError::new(
            offset,
            DecodeErrorKind::Unexpected {
                expected: "a call (1) or a one-way call (4)",
                found,
            },
        )),
    }
}

/// Reads the name.
pub(super) fn name<'a, I: Input<'a>>(input: &mut I) -> Result<(), DecodeError> {
    let offset = input.cursor().offset();
    let name = input.bytes("the name of a message")?;
    if name == NAME {
        return Ok(());
    }
    let shown = name.get(..SHOWN).unwrap_or(name);
    Err(DecodeError::new(
        offset,
        DecodeErrorKind::WrongMessage {
            name: String::from_utf8_lossy(shown).into_owned(),
        },
    ))
}

/// Reads the struct of arguments, whose first field is the batch.
pub(super) fn arguments<'a, I: Input<'a>>(input: &mut I) -> Result<Batch<'a>, DecodeError> {
    let start = input.cursor().offset();
    let mut batch = Batch::default();
    let seen = decode::each_field(input, |input, field| match field.id {
        1 => {
            field.expect(Type::Struct, "emitBatch.batch")?;
            batch = decode::batch(input)?;
            Ok(())
        }
        _ => skip(input, field.kind),
    })?;
    seen.require(start, &[(1, "emitBatch.batch")])?;
    Ok(batch)
}
