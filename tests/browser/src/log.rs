//! Log records for the tests, as OTLP's JSON.

use serde_json::{Value, json};

use crate::span::{AGE_MS, nanoseconds, span_id};

/// A log record of a test, of severity INFO, at the begin of the traces of the tests.
#[derive(Debug, Clone)]
pub struct Log {
    text: String,
    service: String,
    at_ms: i64,
    severity: u8,
    span: Option<(String, u32)>,
    attributes: Vec<(String, Value)>,
}

impl Log {
    /// A record with this text.
    pub fn new(service: &str, text: &str) -> Self {
        Self {
            text: text.to_owned(),
            service: service.to_owned(),
            at_ms: 0,
            severity: 9,
            span: None,
            attributes: Vec::new(),
        }
    }

    /// Sets the moment, in milliseconds after the begin of the traces.
    #[must_use]
    pub fn at(mut self, milliseconds: i64) -> Self {
        self.at_ms = milliseconds;
        self
    }

    /// Sets the severity, by OTLP's number: 13 warns, 17 is an error.
    #[must_use]
    pub fn severity(mut self, number: u8) -> Self {
        self.severity = number;
        self
    }

    /// Sets the span in which it was written.
    #[must_use]
    pub fn within(mut self, trace: &str, span: u32) -> Self {
        self.span = Some((trace.to_owned(), span));
        self
    }

    /// Adds an attribute. `value` is an OTLP value.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.attributes.push((key.to_owned(), value));
        self
    }

    fn json(&self, begin_ms: i64) -> Value {
        let (trace, span) = match &self.span {
            Some((trace, span)) => (trace.clone(), span_id(*span)),
            None => Default::default(),
        };
        json!({
            "resource": { "attributes": [
                { "key": "service.name", "value": { "stringValue": self.service } },
            ] },
            "scopeLogs": [{ "logRecords": [{
                "timeUnixNano": nanoseconds(begin_ms + self.at_ms),
                "severityNumber": self.severity,
                "body": { "stringValue": self.text },
                "traceId": trace,
                "spanId": span,
                "attributes": self.attributes.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect::<Value>(),
            }] }],
        })
    }
}

/// An export request that holds the records, each in a resource with its service's name.
pub(crate) fn request(logs: &[Log], now_ms: i64) -> Value {
    let begin = now_ms - AGE_MS;
    let resources: Value = logs.iter().map(|log| log.json(begin)).collect();
    json!({ "resourceLogs": resources })
}
