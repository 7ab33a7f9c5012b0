//! The log record.

use std::sync::Arc;

use super::{Attribute, Resource, Scope, SpanId, Text, TraceId, UnixNanos, Value};

/// One record of a log, in OTLP's shape.
///
/// Spec: <https://opentelemetry.io/docs/specs/otel/logs/data-model/>
#[derive(Debug, Clone, PartialEq)]
pub struct LogRecord<'a> {
    /// When it happened; 0 if that is not known.
    pub time: UnixNanos,
    /// When it was first seen; 0 if that was not noted.
    pub observed: UnixNanos,
    /// How severe it is.
    pub severity: Severity,
    /// The source's own word for that, or "".
    pub severity_text: Text<'a>,
    /// What is said: usually text, but any value.
    pub body: Value<'a>,
    /// The attributes, in the order sent; keys may repeat.
    pub attributes: Vec<Attribute<'a>>,
    /// How many attributes the sender left out.
    pub dropped_attributes: u32,
    /// The W3C trace flags in the low byte.
    pub flags: u32,
    /// The trace in which it was written, if any.
    pub trace_id: Option<TraceId>,
    /// The span in which it was written, if any.
    pub span_id: Option<SpanId>,
    /// The name of the event that this is, or "".
    pub event_name: Text<'a>,
    /// The entity that emitted the record.
    pub resource: Arc<Resource<'a>>,
    /// The library that recorded it.
    pub scope: Arc<Scope<'a>>,
}

/// How severe a record is: 1 to 24 from `TRACE` to `FATAL4`, 0 if that is not given. Other numbers are
/// kept as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Severity(pub i32);

/// The reason why a record was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLog {
    /// The body or an attribute is larger than it may be.
    #[error("{part} has {bytes} bytes, and may have {limit}")]
    TooLarge {
        /// The part of the record.
        part: String,
        /// Its bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes of the record cannot be read.
    #[error("log record cannot be decoded: {0}")]
    Malformed(String),
}

/// The names of the ranges, of four numbers each.
const RANGES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

impl Severity {
    /// The least severity that can be given.
    pub const MIN: Self = Self(i32::MIN);

    /// The severity of such a name, in any case (`warn`, `ERROR2`), or number.
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

    /// Its name (`INFO`, `INFO2`); that of a number out of range is the number, that of 0 is "".
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
    /// A record of this resource and scope with nothing else in it, to be filled in.
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
