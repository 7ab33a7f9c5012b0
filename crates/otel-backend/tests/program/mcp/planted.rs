//! Traces with known causes, among many others, for the questions of an agent.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::{Backend, export};

/// A span to plant. Times are milliseconds; the start is relative to that of its trace.
#[derive(Clone, Copy)]
pub(super) struct Sketch<'a> {
    pub(super) id: u64,
    pub(super) parent: u64,
    pub(super) service: &'a str,
    pub(super) name: &'a str,
    pub(super) kind: u8,
    pub(super) start: u64,
    pub(super) duration: u64,
    pub(super) attributes: &'a [(&'a str, &'a str)],
    pub(super) failure: Option<&'a str>,
    /// The type, message and stack trace of an exception.
    pub(super) exception: Option<[&'a str; 3]>,
}

pub(super) const SERVER: u8 = 2;
pub(super) const CLIENT: u8 = 3;

pub(super) const fn span<'a>(
    (id, parent): (u64, u64),
    service: &'a str,
    name: &'a str,
    kind: u8,
    (start, duration): (u64, u64),
) -> Sketch<'a> {
    Sketch {
        id,
        parent,
        service,
        name,
        kind,
        start,
        duration,
        attributes: &[],
        failure: None,
        exception: None,
    }
}

/// A unique id whose digits look like those of a real one.
pub(super) fn trace_id(number: u64) -> String {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{mixed:016x}{:016x}", mixed.rotate_left(32) ^ number)
}

fn span_id(trace: u64, number: u64) -> String {
    let mixed = (trace * 1_000 + number).wrapping_mul(0xd6e8_feb8_6659_fd93);
    format!("{mixed:016x}")
}

/// The time so many seconds ago, in nanoseconds.
pub(super) fn nanos_ago(seconds: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_nanos()).unwrap() - seconds * 1_000_000_000
}

/// Exports a trace that began so many seconds ago.
pub(super) async fn plant(backend: &Backend, trace: u64, seconds_ago: u64, spans: &[Sketch<'_>]) {
    let start = nanos_ago(seconds_ago) / 1_000_000;
    let groups: Vec<_> = spans.iter().map(|span| span.encode(trace, start)).collect();
    export(backend, &json!({"resourceSpans": groups})).await;
}

impl Sketch<'_> {
    fn encode(&self, trace: u64, start: u64) -> Value {
        let nanos = |millis: u64| (millis * 1_000_000).to_string();
        let text =
            |(key, value): &(&str, &str)| json!({"key": key, "value": {"stringValue": value}});
        let begin = start + self.start;
        let mut span = json!({
            "traceId": trace_id(trace),
            "spanId": span_id(trace, self.id),
            "name": self.name,
            "kind": self.kind,
            "startTimeUnixNano": nanos(begin),
            "endTimeUnixNano": nanos(begin + self.duration),
            "attributes": self.attributes.iter().map(text).collect::<Vec<_>>(),
        });
        if self.parent != 0 {
            span["parentSpanId"] = span_id(trace, self.parent).into();
        }
        if let Some(message) = self.failure {
            span["status"] = json!({"code": 2, "message": message});
        }
        if let Some([kind, message, stack]) = self.exception {
            let attributes = [
                ("exception.type", kind),
                ("exception.message", message),
                ("exception.stacktrace", stack),
            ];
            span["events"] = json!([{
                "name": "exception", "timeUnixNano": nanos(begin + self.duration),
                "attributes": attributes.iter().map(text).collect::<Vec<_>>(),
            }]);
        }
        let service = text(&("service.name", self.service));
        json!({"resource": {"attributes": [service]}, "scopeSpans": [{"spans": [span]}]})
    }
}
