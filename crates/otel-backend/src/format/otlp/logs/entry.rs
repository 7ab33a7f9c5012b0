//! The fields of a `LogRecord` that the store keeps apart from the rest: times and ids.
//!
//! They are different in nearly every record, and all else is much alike, so both get smaller when they
//! lie apart; and most questions can be answered by them.

use super::fields::{OBSERVED, SPAN_ID, TIME, TRACE_ID};
use crate::format::otlp::Malformed;
use crate::format::protobuf::Reader;
use crate::model::{LogRecord, SpanId, TraceId, UnixNanos};

/// The times and the ids of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogEntry {
    /// When it happened; 0 if that is not known.
    pub time: UnixNanos,
    /// When it was first seen; 0 if that was not noted.
    pub observed: UnixNanos,
    /// The trace in which it was written, if any.
    pub trace_id: Option<TraceId>,
    /// The span in which it was written, if any.
    pub span_id: Option<SpanId>,
}

impl LogEntry {
    /// The times and the ids of a record.
    pub fn of(record: &LogRecord<'_>) -> Self {
        Self {
            time: record.time,
            observed: record.observed,
            trace_id: record.trace_id,
            span_id: record.span_id,
        }
    }

    /// The time by which the record is found: when it happened or, if that is not known, was first seen.
    pub fn instant(&self) -> UnixNanos {
        if self.time.0 == 0 {
            self.observed
        } else {
            self.time
        }
    }
}

/// Appends a `LogRecord` message without its times and its ids.
///
/// # Errors
/// [`Malformed`] if it is not a message.
pub fn write_log_rest(message: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut reader = Reader::new(message);
    loop {
        let before = reader.rest();
        let Some(field) = reader.next()? else {
            return Ok(());
        };
        field.skip(&mut reader)?;
        if !matches!(field.number, TIME | OBSERVED | TRACE_ID | SPAN_ID) {
            let length = before.len() - reader.rest().len();
            out.extend_from_slice(before.get(..length).unwrap_or_default());
        }
    }
}
