//! Decodes OTLP's bytes to log records.

use std::sync::Arc;

use super::LogEntry;
use super::fields::{
    ATTRIBUTES, BODY, DROPPED_ATTRIBUTES, EVENT_NAME, FLAGS, OBSERVED, SEVERITY, SEVERITY_TEXT,
    SPAN_ID, TIME, TRACE_ID,
};
use crate::format::otlp::decode::{push_attribute, read_value, text};
use crate::format::otlp::{Group, Malformed, groups, span_groups};
use crate::format::protobuf::{Field, Reader};
use crate::model::{InvalidLog, LogRecord, Resource, Scope, Severity, SpanId, TraceId, UnixNanos};

/// The records of a request, in the order sent; each is decoded when it is asked for.
pub type DecodedLogs<'a> =
    Box<dyn Iterator<Item = Result<IncomingLog<'a>, InvalidLog>> + Send + 'a>;

/// A decoded record.
#[derive(Debug)]
pub struct IncomingLog<'a> {
    /// The record.
    pub record: LogRecord<'a>,
    /// The OTLP message of the record, if it was received in protobuf.
    pub message: Option<&'a [u8]>,
}

/// Records with their decoded resource and scope; the records themselves are not decoded yet.
#[derive(Debug)]
pub struct LogGroup<'a> {
    /// The resource that emitted the records.
    pub resource: Arc<Resource<'a>>,
    /// The scope that recorded them.
    pub scope: Arc<Scope<'a>>,
    /// The `LogRecord` messages.
    pub messages: Vec<&'a [u8]>,
}

/// Decodes an `ExportLogsServiceRequest` or a `LogsData`.
///
/// A record whose own bytes cannot be read is an error of its own.
///
/// # Errors
/// [`Malformed`] if the bytes around the records are not such a message.
pub fn decode_logs(bytes: &[u8]) -> Result<DecodedLogs<'_>, Malformed> {
    let groups = log_groups(groups(bytes)?)?;
    Ok(Box::new(groups.into_iter().flat_map(|mut group| {
        let messages = std::mem::take(&mut group.messages).into_iter();
        messages.map(move |message| {
            Ok(IncomingLog {
                record: group.decode(message)?,
                message: Some(message),
            })
        })
    })))
}

/// Decodes resources and scopes, but not the records.
///
/// # Errors
/// [`Malformed`] if it cannot be read.
pub fn log_groups(groups: Vec<Group<'_>>) -> Result<Vec<LogGroup<'_>>, Malformed> {
    let groups = span_groups(groups)?.into_iter();
    let groups = groups.map(|group| LogGroup {
        resource: group.resource,
        scope: group.scope,
        messages: group.messages,
    });
    Ok(groups.collect())
}

impl<'a> LogGroup<'a> {
    /// Decodes a message of the group.
    ///
    /// # Errors
    /// [`Malformed`] if it is not a record.
    pub fn decode(&self, message: &'a [u8]) -> Result<LogRecord<'a>, Malformed> {
        let mut record = LogRecord::new(Arc::clone(&self.resource), Arc::clone(&self.scope));
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next()? {
            read_field(field, &mut reader, &mut record)?;
        }
        Ok(record)
    }

    /// Decodes a message whose times and ids are stored separately.
    ///
    /// # Errors
    /// [`Malformed`] if it is not a record.
    pub fn decode_rest(
        &self,
        entry: &LogEntry,
        rest: &'a [u8],
    ) -> Result<LogRecord<'a>, Malformed> {
        Ok(LogRecord {
            time: entry.time,
            observed: entry.observed,
            trace_id: entry.trace_id,
            span_id: entry.span_id,
            ..self.decode(rest)?
        })
    }
}

fn read_field<'a>(
    field: Field,
    reader: &mut Reader<'a>,
    record: &mut LogRecord<'a>,
) -> Result<(), Malformed> {
    match field.number {
        TIME => record.time = UnixNanos(field.fixed64(reader)?),
        OBSERVED => record.observed = UnixNanos(field.fixed64(reader)?),
        SEVERITY => record.severity = Severity(field.uint32(reader)?.cast_signed()),
        SEVERITY_TEXT => record.severity_text = text(field.bytes(reader)?),
        BODY => read_value(field.bytes(reader)?, 0, &mut record.body)?,
        ATTRIBUTES => push_attribute(field.bytes(reader)?, 0, &mut record.attributes)?,
        DROPPED_ATTRIBUTES => record.dropped_attributes = field.uint32(reader)?,
        FLAGS => record.flags = field.fixed32(reader)?,
        // An id of another length, or of zeros, means that there is none.
        TRACE_ID => record.trace_id = TraceId::from_slice(field.bytes(reader)?).ok(),
        SPAN_ID => record.span_id = SpanId::from_slice(field.bytes(reader)?).ok(),
        EVENT_NAME => record.event_name = text(field.bytes(reader)?),
        _ => field.skip(reader)?,
    }
    Ok(())
}

/// The severity of a message. Reads no more of the message than necessary; senders write the
/// severity early.
pub fn severity_of(message: &[u8]) -> Severity {
    let mut reader = Reader::new(message);
    let mut severity = Severity::default();
    while let Ok(Some(field)) = reader.next() {
        let read = match field.number {
            SEVERITY => field
                .uint32(&mut reader)
                .map(|number| severity = Severity(number.cast_signed())),
            _ => field.skip(&mut reader),
        };
        if read.is_err() {
            break;
        }
    }
    severity
}
