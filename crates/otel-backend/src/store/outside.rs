//! Stored bytes outside of a store: for the fuzz target of their decoder, and its tests.

use std::io;

use super::ReadError;
use super::batch::StoredSpans;
use super::block::{Form, FrameInfo};
use super::build::BlockBuilder;
use super::key::KeySeed;
use super::medium::Medium;
use super::source::Source;
use crate::format::otlp::groups;
use crate::model::UnixNanos;

/// The spans of a `TracesData`, as a block of columns: its groups, one after the other.
///
/// # Errors
/// If the bytes are not such a message, or if the columns cannot be made.
pub fn encode_columns(traces_data: &[u8]) -> io::Result<Vec<Vec<u8>>> {
    let mut spans = StoredSpans::default();
    for group in groups(traces_data).map_err(io::Error::other)? {
        spans.push(&group.head, &group.spans, |_| true);
    }
    let block = BlockBuilder::new(KeySeed::random())?.build(
        Form::Columns,
        &[&spans.finish()],
        Vec::new(),
    )?;
    let group = |frame: &FrameInfo| {
        let begin = frame.offset as usize;
        let group = block.data.get(begin..begin + frame.length as usize);
        group.unwrap_or_default().to_vec()
    };
    Ok(block.frames.iter().map(group).collect())
}

/// The `TracesData` of a group of columns.
///
/// # Errors
/// [`ReadError::Damaged`] if the bytes are not such a group.
pub fn decode_columns(group: &[u8]) -> Result<Vec<u8>, ReadError> {
    let info = FrameInfo {
        form: Form::Columns,
        has_filter: true,
        offset: 0,
        length: 0,
        raw_length: 0,
        spans: 0,
        first: UnixNanos(0),
        last: UnixNanos(0),
        newest: UnixNanos(0),
        end: UnixNanos(0),
    };
    Source::new(Medium::MEMORY).unpack_bytes(0, group, &info)
}
