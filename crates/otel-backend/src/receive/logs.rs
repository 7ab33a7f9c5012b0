//! Incoming log records: checked, given a time if they have none, and encoded.

use super::accepted::Accepted;
use super::refusal::Refusal;
use crate::config::Limits;
use crate::format::otlp::{DecodedLogs, LogEntry};
use crate::model::{Attribute, InvalidLog, LogRecord, UnixNanos};
use crate::store::{LogBatch, LogBatchBuilder};

/// Encodes the valid records, of about so many bytes.
pub(super) fn encode(
    records: DecodedLogs<'_>,
    bytes: usize,
    limits: &Limits,
    accepted: &mut Accepted,
) -> Result<LogBatch, Refusal> {
    let mut batch = LogBatchBuilder::with_capacity(bytes);
    let now = UnixNanos::now();
    for incoming in records {
        let pushed = incoming.and_then(|incoming| {
            let mut record = incoming.record;
            check(&record, limits)?;
            // In OTLP, the first observer of a record sets its time.
            if LogEntry::of(&record).instant().0 == 0 {
                record.observed = now;
            }
            batch.push(&record, incoming.message);
            Ok(LogEntry::of(&record).instant())
        });
        accepted.count(limits, pushed)?;
    }
    Ok(batch.finish())
}

fn check(record: &LogRecord<'_>, limits: &Limits) -> Result<(), InvalidLog> {
    let shared = record
        .resource
        .attributes
        .iter()
        .chain(&record.scope.attributes);
    let too_large = |attribute: &&Attribute<'_>| attribute.size() > limits.attribute;
    let (part, bytes) = match record.attributes.iter().chain(shared).find(too_large) {
        Some(attribute) => {
            let key: String = attribute.key.chars().take(64).collect();
            (format!("attribute '{key}'"), attribute.size())
        }
        None => ("the body".to_owned(), record.body.size()),
    };
    if bytes <= limits.attribute {
        return Ok(());
    }
    Err(InvalidLog::TooLarge {
        part,
        bytes,
        limit: limits.attribute,
    })
}
