//! Reads log records through otel-backend's API.

use serde::Deserialize;

use super::json::{AnyValue, KeyValue, Loose};
use super::{attributes, value};
use crate::model::Id;
use crate::model::LogRecord;
use crate::read::{ReadError, get};

#[derive(Deserialize)]
struct Answer {
    logs: Vec<LogJson>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct LogJson {
    time_unix_nano: Loose,
    observed_time_unix_nano: Loose,
    severity_number: i32,
    severity_text: String,
    body: Option<AnyValue>,
    attributes: Vec<KeyValue>,
    dropped_attributes_count: u32,
    flags: u32,
    trace_id: String,
    span_id: String,
    event_name: String,
}

/// More than are ever sent at once.
const LIMIT: usize = 1000;

/// The log records of a service.
///
/// # Errors
/// [`ReadError`] if they cannot be read.
pub(crate) fn read_logs(base: &str, service: &str) -> Result<Vec<LogRecord>, ReadError> {
    let url = format!("{base}/api/logs?limit={LIMIT}&service={service}");
    let answer: Option<Answer> = get(&url)?;
    let logs = answer.map(|answer| answer.logs).unwrap_or_default();
    let records = logs.into_iter().map(record).collect::<Result<_, _>>();
    records.map_err(|reason| ReadError::answer(&url, reason))
}

fn record(json: LogJson) -> Result<LogRecord, String> {
    Ok(LogRecord {
        time: json.time_unix_nano.u64()?,
        observed: json.observed_time_unix_nano.u64()?,
        severity: json.severity_number,
        severity_text: json.severity_text,
        body: value(json.body.unwrap_or_default())?,
        attributes: attributes(json.attributes)?,
        dropped: json.dropped_attributes_count,
        flags: json.flags,
        trace_id: id::<16>(&json.trace_id)?,
        span_id: id::<8>(&json.span_id)?,
        event_name: json.event_name,
    })
}

/// The bytes of an id; empty if there is none.
fn id<const N: usize>(text: &str) -> Result<Vec<u8>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let id = Id::<N>::from_hex(text).ok_or_else(|| format!("{text:?} is not an id"))?;
    Ok(id.0.to_vec())
}
