//! Thrift's compact protocol: variable widths, and booleans in the field's header.
//!
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

mod reader;
mod writer;

use super::input::Input;
use super::output::{Kind, Output};
use super::{Batch, Span, decode, encode, message};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::lists::{Logs, References, Tags};
use crate::model::Process;
use reader::Reader;
use writer::Writer;

const PROTOCOL: u8 = 0x82;
const VERSION: u8 = 1;

/// Lists with fewer elements have their length in the first byte.
const LONG_LIST: usize = 15;

/// Decodes a bare `Batch` struct. Bytes after it are ignored.
///
/// # Errors
/// [`DecodeError`] with the offset of the first invalid byte. A field that the IDL requires must be
/// present, as in Apache Thrift.
pub fn decode_batch(bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    decode::batch(&mut Reader::new(bytes))
}

/// Decodes an `emitBatch` message, the content of a datagram on port 6831: a call or a one-way
/// call. Bytes after the message are ignored.
///
/// # Errors
/// [`DecodeError`] with the offset of the first invalid byte; see [`decode_batch`]. If the message
/// has another name, the error holds that name.
pub fn decode_emit_batch(bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    let mut input = Reader::new(bytes);
    let [protocol, head] = input.cursor().array("the version of a message")?;
    let unexpected = |offset, expected, found| {
        let kind = DecodeErrorKind::Unexpected { expected, found };
        Err(DecodeError::new(offset, kind))
    };
    if protocol != PROTOCOL {
        return unexpected(0, "the compact protocol's id, 0x82", protocol);
    }
    if head & 0x1f != VERSION {
        return unexpected(1, "version 1 of the compact protocol", head);
    }
    message::check_kind(head >> 5, 1)?;
    input.cursor().varint("a sequence number")?; // There is no answer that would need it.
    message::name(&mut input)?;
    message::arguments(&mut input)
}

/// Appends a whole bare `Batch`.
pub fn encode_batch(batch: &Batch<'_>, out: &mut Vec<u8>) {
    begin_batch(&batch.process, batch.spans.len(), out);
    for span in &batch.spans {
        encode_span(span, out);
    }
    end_batch(out);
}

/// Appends a `Batch` up to its first span. The caller must then call [`encode_span`] `spans` times,
/// and [`end_batch`].
pub fn begin_batch(process: &Process<'_>, spans: usize, out: &mut Vec<u8>) {
    encode::batch_head(process, spans, &mut Writer::new(out));
}

/// Appends one span as an element of the batch's list.
pub fn encode_span<R, T, L>(span: &Span<'_, R, T, L>, out: &mut Vec<u8>)
where
    R: References,
    T: Tags,
    L: Logs<Time = i64>,
{
    encode::span(span, &mut Writer::new(out));
}

/// Appends the end of a `Batch`.
pub fn end_batch(out: &mut Vec<u8>) {
    out.push(0);
}

/// Appends the header of an `emitBatch` message (one-way). The caller must then append a batch and
/// call [`end_message`].
pub fn begin_message(out: &mut Vec<u8>) {
    out.extend_from_slice(&[PROTOCOL, message::ONEWAY << 5 | VERSION, 0]);
    let mut writer = Writer::new(out);
    writer.bytes(message::NAME);
    writer.field(1, Kind::Struct);
}

/// Appends the end of a message.
pub fn end_message(out: &mut Vec<u8>) {
    out.push(0);
}
