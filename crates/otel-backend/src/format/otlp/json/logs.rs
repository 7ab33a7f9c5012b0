//! Log records in OTLP's JSON, in both directions.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::decode::{attributes, check_empty, nanos, optional_id, resource, scope, value};
use super::encode::{AnyValue, Group, KeyValue, ResourceJson, ScopeJson, grouped, key_values};
use super::shape::{self, Enum, U64};
use crate::format::json::{JsonText, as_text, is_zero};
use crate::format::otlp::{DecodedLogs, IncomingLog};
use crate::model::{InvalidLog, LogRecord, Resource, Scope, Severity, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logs<'a> {
    #[serde(borrow, alias = "resource_logs")]
    resource_logs: Option<Vec<ResourceLogs<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs<'a> {
    #[serde(borrow)]
    resource: Option<shape::Resource<'a>>,
    #[serde(
        borrow,
        alias = "scope_logs",
        alias = "instrumentationLibraryLogs",
        alias = "instrumentation_library_logs"
    )]
    scope_logs: Option<Vec<ScopeLogs<'a>>>,
    #[serde(borrow, default, alias = "schema_url")]
    schema_url: JsonText<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs<'a> {
    #[serde(
        borrow,
        alias = "instrumentationLibrary",
        alias = "instrumentation_library"
    )]
    scope: Option<shape::Scope<'a>>,
    /// Each is decoded separately, so that only an invalid one is rejected.
    #[serde(borrow, alias = "log_records", alias = "logs")]
    log_records: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default, alias = "schema_url")]
    schema_url: JsonText<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(alias = "time_unix_nano")]
    time_unix_nano: Option<U64>,
    #[serde(alias = "observed_time_unix_nano")]
    observed_time_unix_nano: Option<U64>,
    #[serde(alias = "severity_number")]
    severity_number: Option<SeverityNumber>,
    #[serde(borrow, default, alias = "severity_text")]
    severity_text: JsonText<'a>,
    #[serde(borrow)]
    body: Option<shape::AnyValue<'a>>,
    #[serde(borrow)]
    attributes: Option<Vec<shape::KeyValue<'a>>>,
    #[serde(alias = "dropped_attributes_count")]
    dropped_attributes_count: Option<u32>,
    flags: Option<u32>,
    #[serde(borrow, default, alias = "trace_id")]
    trace_id: JsonText<'a>,
    #[serde(borrow, default, alias = "span_id")]
    span_id: JsonText<'a>,
    #[serde(borrow, default, alias = "event_name")]
    event_name: JsonText<'a>,
}

/// A number, possibly negative, or a name.
#[derive(Deserialize)]
#[serde(untagged)]
enum SeverityNumber {
    Number(i32),
    Other(Enum),
}

/// Decodes an `ExportLogsServiceRequest` or a `LogsData` in JSON.
///
/// A record whose own JSON cannot be read is an error of its own.
///
/// # Errors
/// The JSON around the records is invalid.
pub fn decode_json_logs(bytes: &[u8]) -> Result<DecodedLogs<'_>, serde_json::Error> {
    let logs: Logs<'_> = serde_json::from_slice(bytes)?;
    if logs.resource_logs.is_none() {
        check_empty(bytes, "resourceLogs")?;
    }
    let groups = logs.resource_logs.into_iter().flatten();
    Ok(Box::new(groups.flat_map(|group| {
        let resource = resource(group.resource, group.schema_url);
        let groups = group.scope_logs.into_iter().flatten();
        groups.flat_map(move |group| read_scope_logs(group, Arc::clone(&resource)))
    })))
}

fn read_scope_logs<'a>(
    group: ScopeLogs<'a>,
    resource: Arc<Resource<'a>>,
) -> impl Iterator<Item = Result<IncomingLog<'a>, InvalidLog>> + Send {
    let scope = scope(group.scope, group.schema_url);
    group.log_records.into_iter().flatten().map(move |raw| {
        let read = serde_json::from_str::<Record<'a>>(raw.get())
            .map_err(|reason| InvalidLog::Malformed(reason.to_string()))?;
        let empty = LogRecord::new(Arc::clone(&resource), Arc::clone(&scope));
        Ok(IncomingLog {
            record: fill(empty, read),
            message: None,
        })
    })
}

fn fill<'a>(empty: LogRecord<'a>, read: Record<'a>) -> LogRecord<'a> {
    LogRecord {
        time: nanos(read.time_unix_nano),
        observed: nanos(read.observed_time_unix_nano),
        severity: read.severity_number.map(severity).unwrap_or_default(),
        severity_text: read.severity_text.0,
        body: read.body.map(value).unwrap_or_default(),
        attributes: attributes(read.attributes),
        dropped_attributes: read.dropped_attributes_count.unwrap_or_default(),
        flags: read.flags.unwrap_or_default(),
        trace_id: optional_id(&read.trace_id),
        span_id: optional_id(&read.span_id),
        event_name: read.event_name.0,
        ..empty
    }
}

/// An unknown name, or a number that protobuf cannot hold, means an unspecified severity.
fn severity(read: SeverityNumber) -> Severity {
    match read {
        SeverityNumber::Number(number) => Severity(number),
        SeverityNumber::Other(Enum::Name(name)) => Severity::parse(&name).unwrap_or_default(),
        SeverityNumber::Other(Enum::Number(_)) => Severity::default(),
    }
}

/// A `LogsData` message with these records, grouped by resource and scope.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogsJson<'a> {
    resource_logs: Vec<ResourceLogsJson<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogsJson<'a> {
    resource: ResourceJson<'a>,
    scope_logs: Vec<ScopeLogsJson<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    schema_url: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogsJson<'a> {
    scope: ScopeJson<'a>,
    log_records: Vec<RecordJson<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    schema_url: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordJson<'a> {
    #[serde(serialize_with = "as_text", skip_serializing_if = "is_zero")]
    time_unix_nano: u64,
    #[serde(serialize_with = "as_text", skip_serializing_if = "is_zero")]
    observed_time_unix_nano: u64,
    #[serde(skip_serializing_if = "is_zero")]
    severity_number: i32,
    #[serde(skip_serializing_if = "str::is_empty")]
    severity_text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<AnyValue<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<KeyValue<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    dropped_attributes_count: u32,
    #[serde(skip_serializing_if = "is_zero")]
    flags: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    event_name: &'a str,
}

impl<'a> LogsJson<'a> {
    /// Groups records; within a group they keep their order.
    pub fn new(records: impl IntoIterator<Item = &'a LogRecord<'a>>) -> Self {
        let scope_logs =
            |(scope, records): Group<'a, Scope<'a>, &'a LogRecord<'a>>| ScopeLogsJson {
                scope: ScopeJson::new(scope),
                log_records: records.into_iter().map(RecordJson::new).collect(),
                schema_url: &scope.schema_url,
            };
        let groups = grouped(records, |record| (&record.resource, &record.scope)).into_iter();
        let groups = groups.map(|(resource, scopes)| ResourceLogsJson {
            resource: ResourceJson::new(resource),
            scope_logs: scopes.into_iter().map(scope_logs).collect(),
            schema_url: &resource.schema_url,
        });
        Self {
            resource_logs: groups.collect(),
        }
    }
}

/// A single record in the form of `LogRecord`, with its resource and scope.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogJson<'a> {
    #[serde(flatten)]
    record: RecordJson<'a>,
    resource: ResourceJson<'a>,
    scope: ScopeJson<'a>,
}

impl<'a> LogJson<'a> {
    /// The JSON of a record.
    pub fn new(record: &'a LogRecord<'a>) -> Self {
        Self {
            record: RecordJson::new(record),
            resource: ResourceJson::new(&record.resource),
            scope: ScopeJson::new(&record.scope),
        }
    }
}

impl<'a> RecordJson<'a> {
    fn new(record: &'a LogRecord<'a>) -> Self {
        Self {
            time_unix_nano: record.time.0,
            observed_time_unix_nano: record.observed.0,
            severity_number: record.severity.0,
            severity_text: &record.severity_text,
            body: (record.body != Value::Empty).then(|| AnyValue::new(&record.body)),
            attributes: key_values(&record.attributes),
            dropped_attributes_count: record.dropped_attributes,
            flags: record.flags,
            trace_id: record.trace_id.map(|id| id.to_string()),
            span_id: record.span_id.map(|id| id.to_string()),
            event_name: &record.event_name,
        }
    }
}
