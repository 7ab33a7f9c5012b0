//! Spans for the tests, in OTLP's JSON.

use serde_json::{Value, json};

/// The age of the tests' traces in milliseconds.
pub(crate) const AGE_MS: i64 = 60_000;

/// A span of a test. Numbers below 2^32 serve as ids.
#[derive(Debug, Clone)]
pub struct Span {
    id: u32,
    parent: Option<u32>,
    service: String,
    name: String,
    at_ms: i64,
    duration_ms: i64,
    kind: u8,
    error: bool,
    attributes: Vec<(String, Value)>,
    /// The name, the milliseconds after the span's start, and the attributes.
    events: Vec<(String, u32, Value)>,
    links: Vec<(String, u32)>,
    version: Option<String>,
}

impl Span {
    /// A span of 10 ms that starts with the trace.
    pub fn new(id: u32, service: &str, name: &str) -> Self {
        Self {
            id,
            parent: None,
            service: service.to_owned(),
            name: name.to_owned(),
            at_ms: 0,
            duration_ms: 10,
            kind: 1,
            error: false,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            version: None,
        }
    }

    /// Sets the parent.
    #[must_use]
    pub fn below(mut self, parent: u32) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Sets the start, in milliseconds after that of the trace; it may be negative.
    #[must_use]
    pub fn at(mut self, milliseconds: i64) -> Self {
        self.at_ms = milliseconds;
        self
    }

    /// Sets the duration in milliseconds; if it is negative, the span ends before it starts.
    #[must_use]
    pub fn lasting(mut self, milliseconds: i64) -> Self {
        self.duration_ms = milliseconds;
        self
    }

    /// Sets the kind, as OTLP's number: 2 is a server, 3 a client.
    #[must_use]
    pub fn kind(mut self, kind: u8) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the status to an error, with its description.
    #[must_use]
    pub fn failed(mut self) -> Self {
        self.error = true;
        self
    }

    /// Adds an attribute. `value` is an OTLP value, such as `{"intValue": "200"}`.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.attributes.push((key.to_owned(), value));
        self
    }

    /// Adds an event so many milliseconds after the span's start.
    #[must_use]
    pub fn event(mut self, name: &str, after_ms: u32) -> Self {
        let attributes = json!([{ "key": "attempt", "value": { "intValue": "2" } }]);
        self.events.push((name.to_owned(), after_ms, attributes));
        self
    }

    /// Adds an exception at the span's start, as OpenTelemetry records one.
    #[must_use]
    pub fn exception(mut self, kind: &str, message: &str) -> Self {
        let attributes = json!([
            { "key": "exception.type", "value": { "stringValue": kind } },
            { "key": "exception.message", "value": { "stringValue": message } },
        ]);
        self.events.push(("exception".to_owned(), 0, attributes));
        self
    }

    /// Adds a link to a span of any trace.
    #[must_use]
    pub fn link(mut self, trace: &str, span: u32) -> Self {
        self.links.push((trace.to_owned(), span));
        self
    }

    /// Sets the version of the service.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        self.version = Some(version.to_owned());
        self
    }

    /// The attributes of the resource.
    fn resource(&self) -> Value {
        let service = ("service.name", self.service.as_str());
        let version = self.version.as_deref();
        let version = version.map(|version| ("service.version", version));
        [service, ("host.name", "test-host")]
            .into_iter()
            .chain(version)
            .map(|(key, value)| json!({ "key": key, "value": { "stringValue": value } }))
            .collect()
    }

    fn json(&self, trace: &str, begin_ms: i64) -> Value {
        let start = begin_ms + self.at_ms;
        let status = if self.error {
            json!({ "code": 2, "message": "it did not work" })
        } else {
            json!({})
        };
        json!({
            "traceId": trace,
            "spanId": span_id(self.id),
            "parentSpanId": self.parent.map(span_id).unwrap_or_default(),
            "name": self.name,
            "kind": self.kind,
            "startTimeUnixNano": nanoseconds(start),
            "endTimeUnixNano": nanoseconds(start + self.duration_ms),
            "attributes": self.attributes.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect::<Value>(),
            "events": self.events.iter().map(|(name, after, attributes)| json!({
                "name": name, "timeUnixNano": nanoseconds(start + i64::from(*after)), "attributes": attributes,
            })).collect::<Value>(),
            "links": self.links.iter().map(|(trace, span)| json!({ "traceId": trace, "spanId": span_id(*span) })).collect::<Value>(),
            "status": status,
        })
    }
}

/// The id as the page shows it.
pub(crate) fn span_id(id: u32) -> String {
    format!("{id:016x}")
}

/// An export request with the spans, each in a resource with its service's name.
pub(crate) fn request(trace: &str, spans: &[Span], now_ms: i64) -> Value {
    let begin = now_ms - AGE_MS;
    let resources: Value = spans
        .iter()
        .map(|span| {
            json!({
                "resource": { "attributes": span.resource() },
                "scopeSpans": [{ "scope": { "name": "browser-tests", "version": "1.0" }, "spans": [span.json(trace, begin)] }],
            })
        })
        .collect();
    json!({ "resourceSpans": resources })
}

pub(crate) fn nanoseconds(milliseconds: i64) -> String {
    format!("{milliseconds}000000")
}
