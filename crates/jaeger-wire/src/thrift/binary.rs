//! Thrift's binary protocol.

use super::{Batch, Span};
use crate::{DecodeError, Process};

/// Reads a bare `Batch` struct, as an HTTP body carries it.
///
/// # Errors
/// [`DecodeError`] with the offset at which the bytes stop being a `Batch`.
pub fn decode_batch(_bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    todo!()
}

/// Reads an `emitBatch` message, as a datagram on port 6832 carries it.
///
/// # Errors
/// [`DecodeError`] with the offset at which the bytes stop being such a message.
pub fn decode_emit_batch(_bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    todo!()
}

/// Appends a whole bare `Batch`.
pub fn encode_batch(batch: &Batch<'_>, out: &mut Vec<u8>) {
    begin_batch(&batch.process, batch.spans.len(), out);
    for span in &batch.spans {
        encode_span(span, out);
    }
    end_batch(out);
}

/// Appends a `Batch` up to its first span; `spans` [`encode_span`]s and [`end_batch`] must follow.
pub fn begin_batch(_process: &Process<'_>, _spans: usize, _out: &mut Vec<u8>) {
    todo!()
}

/// Appends one span as an element of the batch's list.
pub fn encode_span(_span: &Span<'_>, _out: &mut Vec<u8>) {
    todo!()
}

/// Appends the end of a `Batch`.
pub fn end_batch(_out: &mut Vec<u8>) {
    todo!()
}

/// Appends the head of an `emitBatch` message (ONEWAY); a batch and [`end_message`] must follow.
pub fn begin_message(_out: &mut Vec<u8>) {
    todo!()
}

/// Appends the end of a message.
pub fn end_message(_out: &mut Vec<u8>) {
    todo!()
}
