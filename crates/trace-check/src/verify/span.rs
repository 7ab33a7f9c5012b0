//! A span as a program prints it, which is less than what a backend returns.

use std::{collections::BTreeMap, fmt};

use crate::model;

/// Attributes by key. A key that occurs twice keeps its last value.
pub type Attributes = BTreeMap<String, Value>;

/// One span. Ids are lower-case hexadecimal without prefix: 32 digits for a trace, 16 for a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span {
    /// The trace.
    pub trace_id: String,
    /// The span.
    pub span_id: String,
    /// The parent; `None` for a root.
    pub parent_id: Option<String>,
    /// The name.
    pub name: String,
    /// The kind in capitals, `INTERNAL` where nothing was said.
    pub kind: String,
    /// The start, in microseconds since the Unix epoch.
    pub start_us: i64,
    /// The end, in microseconds since the Unix epoch.
    pub end_us: i64,
    /// `UNSET`, `OK` or `ERROR`.
    pub status: String,
    /// The text that goes with an error, empty where there is none.
    pub status_description: String,
    /// The span's attributes.
    pub attributes: Attributes,
    /// The span's events, in order.
    pub events: Vec<Event>,
    /// The spans it links to, in order: trace id and span id.
    pub links: Vec<(String, String)>,
    /// The attributes of the resource that emitted it.
    pub resource: Attributes,
}

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// The event's name.
    pub name: String,
    /// When, in microseconds since the Unix epoch.
    pub time_us: i64,
    /// The event's attributes.
    pub attributes: Attributes,
}

/// An attribute's value. Arrays, maps and bytes are compared as text.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text.
    String(String),
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// A floating-point number; NaN equals NaN.
    Double(f64),
}

impl Span {
    /// What the printed form would tell of a span that a backend returned.
    pub fn as_printed(span: &model::Span) -> Self {
        let mut printed = attributes(&span.attributes);
        // Over Thrift, Tempo leaves the scope among the attributes; the printed form does not tell it.
        printed.remove("otel.scope.name");
        printed.remove("otel.scope.version");
        Self {
            trace_id: span.trace_id.to_string(),
            span_id: span.span_id.to_string(),
            parent_id: span.parent.map(|id| id.to_string()),
            name: span.name.clone(),
            kind: match span.kind {
                model::Kind::Unspecified => model::Kind::Internal.name().to_owned(),
                kind => kind.name().to_owned(),
            },
            start_us: micros(span.start),
            end_us: micros(span.end),
            status: span.status.code.name().to_owned(),
            status_description: span.status.message.clone(),
            attributes: printed,
            events: span.events.iter().map(Event::as_printed).collect(),
            links: span
                .links
                .iter()
                .map(|link| (link.trace_id.to_string(), link.span_id.to_string()))
                .collect(),
            resource: attributes(&span.resource.attributes),
        }
    }
}

impl Event {
    fn as_printed(event: &model::Event) -> Self {
        Self {
            name: event.name.clone(),
            time_us: micros(event.time),
            attributes: attributes(&event.attributes),
        }
    }
}

fn micros(nanos: u64) -> i64 {
    i64::try_from(nanos / 1_000).unwrap_or(i64::MAX)
}

fn attributes(all: &[model::Attribute]) -> Attributes {
    all.iter()
        .map(|attribute| (attribute.key.clone(), Value::of(&attribute.value)))
        .collect()
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Double(a), Self::Double(b)) => a == b || (a.is_nan() && b.is_nan()),
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => write!(f, "{text:?}"),
            Self::Bool(bool) => write!(f, "{bool}"),
            Self::Int(int) => write!(f, "{int}"),
            // Debug keeps the point of 100.0, which tells it from the integer 100.
            Self::Double(double) => write!(f, "{double:?}"),
        }
    }
}

impl Value {
    fn of(value: &model::Value) -> Self {
        match value {
            model::Value::Bool(bool) => Self::Bool(*bool),
            model::Value::Int(int) => Self::Int(*int),
            model::Value::Double(double) => Self::Double(*double),
            other => Self::String(other.text()),
        }
    }

    /// Reads the JSON of a printed attribute: a number with a point is a double.
    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::String(text) => Self::String(text.clone()),
            serde_json::Value::Bool(bool) => Self::Bool(*bool),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            other => Self::String(other.to_string()),
        }
    }
}
