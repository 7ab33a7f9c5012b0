//! Thrift's binary protocol: fixed widths, big-endian.
//!
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md>

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

/// The first two bytes of a message in the strict form. The old form starts with the length of the
/// name, a positive number, so its first bit is 0.
const STRICT: [u8; 2] = [0x80, 0x01];

/// Decodes a bare `Batch` struct, the content of an HTTP body. Bytes after the struct are ignored,
/// as Jaeger's collector does.
///
/// # Errors
/// [`DecodeError`] with the offset of the first invalid byte. A field that the IDL requires must be
/// present, as in Apache Thrift.
pub fn decode_batch(bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    decode::batch(&mut Reader::new(bytes))
}

/// Decodes an `emitBatch` message, the content of a datagram on port 6832: a call or a one-way
/// call, in the strict or the old form. Bytes after the message are ignored.
///
/// # Errors
/// [`DecodeError`] with the offset of the first invalid byte; see [`decode_batch`]. If the message
/// has another name, the error holds that name.
pub fn decode_emit_batch(bytes: &[u8]) -> Result<Batch<'_>, DecodeError> {
    let mut input = Reader::new(bytes);
    let strict = input.cursor().peek().is_some_and(|first| first >= 0x80);
    if strict {
        check_version(&mut input)?;
        message::kind(&mut input)?;
    }
    message::name(&mut input)?;
    if !strict {
        message::kind(&mut input)?;
    }
    input.i32("a sequence number")?; // There is no answer that would need it.
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
    encode::batch_head(process, spans, &mut Writer(out));
}

/// Appends one span as an element of the batch's list.
pub fn encode_span<R, T, L>(span: &Span<'_, R, T, L>, out: &mut Vec<u8>)
where
    R: References,
    T: Tags,
    L: Logs<Time = i64>,
{
    encode::span(span, &mut Writer(out));
}

/// Appends the end of a `Batch`.
pub fn end_batch(out: &mut Vec<u8>) {
    out.push(0);
}

/// Appends the header of an `emitBatch` message (one-way, strict). The caller must then append a
/// batch and call [`end_message`].
pub fn begin_message(out: &mut Vec<u8>) {
    out.extend_from_slice(&STRICT);
    out.extend_from_slice(&[0, message::ONEWAY]);
    let mut writer = Writer(out);
    writer.bytes(message::NAME);
    writer.i32(0);
    writer.field(1, Kind::Struct);
}

/// Appends the end of a message.
pub fn end_message(out: &mut Vec<u8>) {
    out.push(0);
}

/// Reads the two bytes of the version, and one without meaning.
fn check_version(input: &mut Reader<'_>) -> Result<(), DecodeError> {
    let (offset, found) = match input.cursor().array("the version of a message")? {
        [first, second, _] if [first, second] == STRICT => return Ok(()),
        [first, second, _] if first == STRICT[0] => (1, second),
        [first, ..] => (0, first),
    };
    Err(DecodeError::new(
        offset,
        DecodeErrorKind::Unexpected {
            expected: "version 1 of the binary protocol, 0x8001",
            found,
        },
    ))
}
