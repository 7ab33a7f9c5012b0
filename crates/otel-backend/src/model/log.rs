//! The log record.

use std::sync::Arc;

use super::{Attribute, Resource, Scope, SpanId, Text, TraceId, UnixNanos, Value};

/// A log record in OTLP's form.
///
/// Spec: <https://opentelemetry.io/docs/specs/otel/logs/data-model/>
#[derive(Debug, Clone, PartialEq)]
pub struct LogRecord<'a> {
    /// The time of the event; 0 if unknown.
    pub time: UnixNanos,
    /// The time of its first observation; 0 if unknown.
    pub observed: UnixNanos,
    /// The severity.
    pub severity: Severity,
    /// The source's own name for the severity, or "".
    pub severity_text: Text<'a>,
    /// The body: usually text, but any value is possible.
    pub body: Value<'a>,
    /// The attributes, in the order sent; keys may repeat.
    pub attributes: Vec<Attribute<'a>>,
    /// The number of attributes that the sender dropped.
    pub dropped_attributes: u32,
    /// The W3C trace flags in the low byte.
    pub flags: u32,
    /// The id of the trace, if any.
    pub trace_id: Option<TraceId>,
    /// The id of the span, if any.
    pub span_id: Option<SpanId>,
    /// The name of the event, or "".
    pub event_name: Text<'a>,
    /// The entity that emitted the record.
    pub resource: Arc<Resource<'a>>,
    /// The library that recorded it.
    pub scope: Arc<Scope<'a>>,
}

/// The severity of a record: 1 to 24 from `TRACE` to `FATAL4`, or 0 if it is not given. Other
/// numbers are kept as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Severity(pub i32);

/// The reason why a record was rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLog {
    /// The body or an attribute is too large.
    #[error("{part} has {bytes} bytes; the limit is {limit}")]
    TooLarge {
        /// The part of the record.
        part: String,
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes of the record cannot be read.
    #[error("log record cannot be decoded: {0}")]
    Malformed(String),
}

/// The names of the ranges of four numbers each.
const RANGES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

impl Severity {
    /// The smallest possible value.
    pub const MIN: Self = Self(i32::MIN);

    /// Parses a name, in upper or lower case (`warn`, `ERROR2`), or a number.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse() {
            return Some(Self(number));
        }
        let text = text.to_ascii_uppercase();
        let text = text.strip_prefix("SEVERITY_NUMBER_").unwrap_or(&text);
        (1..=24)
            .map(Self)
            .find(|severity| severity.name() == text)
            .or_else(|| (text == "UNSPECIFIED").then_some(Self(0)))
    }

    /// The name (`INFO`, `INFO2`); for a number out of range the number, and "" for 0.
    pub fn name(self) -> String {
        let Some((index, step)) = usize::try_from(self.0)
            .ok()
            .and_then(|number| number.checked_sub(1))
            .map(|from_zero| (from_zero / 4, from_zero % 4))
        else {
            return if self.0 == 0 {
                String::new()
            } else {
                self.0.to_string()
            };
        };
        match (RANGES.get(index), step) {
            (None, _) => self.0.to_string(),
            (Some(name), 0) => (*name).to_owned(),
            (Some(name), step) => format!("{name}{}", step + 1),
        }
    }
}

impl<'a> LogRecord<'a> {
    /// Makes an empty record with this resource and scope.
    pub fn new(resource: Arc<Resource<'a>>, scope: Arc<Scope<'a>>) -> Self {
        Self {
            time: UnixNanos::default(),
            observed: UnixNanos::default(),
            severity: Severity::default(),
            severity_text: Text::default(),
            body: Value::Empty,
            attributes: Vec::new(),
            dropped_attributes: 0,
            flags: 0,
            trace_id: None,
            span_id: None,
            event_name: Text::default(),
            resource,
            scope,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_named_and_parsed() {
        for (number, name) in [(1, "TRACE"), (9, "INFO"), (18, "ERROR2"), (24, "FATAL4")] {
            assert_eq!(Severity(number).name(), name);
            assert_eq!(Severity::parse(name), Some(Severity(number)));
        }
        for number in [-1, 25, 99, i32::MAX, i32::MIN] {
            assert_eq!(
                Severity::parse(&Severity(number).name()),
                Some(Severity(number))
            );
        }
        assert_eq!(Severity(0).name(), "");
        assert_eq!(Severity::parse("warn"), Some(Severity(13)));
        assert_eq!(Severity::parse("SEVERITY_NUMBER_WARN"), Some(Severity(13)));
        assert_eq!(Severity::parse("loud"), None);
    }
}
