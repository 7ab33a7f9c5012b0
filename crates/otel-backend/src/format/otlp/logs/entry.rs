//! The fields of a `LogRecord` that the store keeps separately: times and ids.
//!
//! They differ in nearly every record, while everything else is similar, so both compress better
//! separately; and most searches need nothing else.

use super::fields::{OBSERVED, SPAN_ID, TIME, TRACE_ID};
use crate::format::otlp::Malformed;
use crate::format::protobuf::{Reader, write_bytes, write_fixed64};
use crate::model::{LogRecord, SpanId, TraceId, UnixNanos};

/// The times and ids of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogEntry {
    /// The time of the event; 0 if unknown.
    pub time: UnixNanos,
    /// The time of its first observation; 0 if unknown.
    pub observed: UnixNanos,
    /// The id of the trace, if any.
    pub trace_id: Option<TraceId>,
    /// The id of the span, if any.
    pub span_id: Option<SpanId>,
}

impl LogEntry {
    /// The times and ids of a record.
    pub fn of(record: &LogRecord<'_>) -> Self {
        Self {
            time: record.time,
            observed: record.observed,
            trace_id: record.trace_id,
            span_id: record.span_id,
        }
    }

    /// The time by which the record is found: that of the event or, if unknown, that of its first
    /// observation.
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

/// Appends the `LogRecord` message that [`write_log_rest`] took apart.
pub fn write_log(entry: &LogEntry, rest: &[u8], out: &mut Vec<u8>) {
    for (number, time) in [(TIME, entry.time), (OBSERVED, entry.observed)] {
        if time.0 != 0 {
            write_fixed64(number, time.0, out);
        }
    }
    if let Some(id) = entry.trace_id {
        write_bytes(TRACE_ID, id.as_bytes(), out);
    }
    if let Some(id) = entry.span_id {
        write_bytes(SPAN_ID, id.as_bytes(), out);
    }
    out.extend_from_slice(rest);
}
