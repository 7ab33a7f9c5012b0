//! A trace in the JSON of Jaeger's old API.
//!
//! Tags keep the order in which they were sent, duplicates included, between those that Jaeger
//! derives: scope first; then kind, status and trace state. Logs are in order of time. (Jaeger sorts
//! tags by key and logs by name, which says less.)
//!
//! Spec: <https://github.com/jaegertracing/jaeger/blob/main/internal/uimodel/model.go>

use std::collections::HashMap;
use std::sync::Arc;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::ids::short;
use crate::model::{Attribute, Event, Link, Resource, Span, SpanId, StatusCode, TraceId, Value};

/// A trace.
#[derive(Serialize)]
pub(super) struct TraceJson<'a> {
    #[serde(rename = "traceID")]
    trace_id: String,
    spans: Vec<SpanJson<'a>>,
    processes: Processes<'a>,
    warnings: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpanJson<'a> {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    /// The W3C trace flags. Jaeger leaves them out of what it received as OTLP.
    #[serde(skip_serializing_if = "is_zero")]
    flags: u32,
    operation_name: &'a str,
    references: Vec<Reference>,
    start_time: u64,
    duration: u64,
    tags: Vec<TagJson<'a>>,
    logs: Vec<LogJson<'a>>,
    #[serde(rename = "processID")]
    process_id: String,
    warnings: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    ref_type: &'static str,
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
}

#[derive(Serialize)]
struct TagJson<'a> {
    key: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    value: TagValue<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TagValue<'a> {
    Text(std::borrow::Cow<'a, str>),
    Bool(bool),
    Int(i64),
    Double(f64),
}

#[derive(Serialize)]
struct LogJson<'a> {
    timestamp: u64,
    fields: Vec<TagJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProcessJson<'a> {
    service_name: &'a str,
    tags: Vec<TagJson<'a>>,
}

/// The distinct resources of a trace, numbered in the order in which they appear.
#[derive(Default)]
struct Processes<'a> {
    distinct: Vec<&'a Resource<'a>>,
    numbers: HashMap<*const Resource<'a>, usize>,
}

/// The largest integer that every JSON reader keeps exactly.
const MAX_EXACT: u64 = (1 << 53) - 1;

impl<'a> TraceJson<'a> {
    /// The trace of these spans, in their order; `None` if there are none.
    pub(super) fn of(spans: &'a [Span<'a>]) -> Option<Self> {
        let trace_id = short(spans.first()?.trace_id);
        let mut processes = Processes::default();
        let spans = spans
            .iter()
            .map(|span| SpanJson::new(span, processes.number(&span.resource)))
            .collect();
        Some(Self {
            trace_id,
            spans,
            processes,
            warnings: None,
        })
    }
}

impl<'a> SpanJson<'a> {
    fn new(span: &'a Span<'a>, process: usize) -> Self {
        Self {
            trace_id: short(span.trace_id),
            span_id: span.span_id.to_string(),
            flags: span.flags & 0xff,
            operation_name: &span.name,
            references: references(span),
            start_time: span.start.micros(),
            duration: span.end.0.saturating_sub(span.start.0) / 1000,
            tags: tags(span),
            logs: logs(&span.events),
            process_id: process_id(process),
            warnings: warnings(span),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(flags: &u32) -> bool {
    *flags == 0
}

/// The parent comes first, then every link. Jaeger writes a link to the parent in the parent's place,
/// so that nobody can tell whether there was a parent, a link or both; here both stay.
fn references(span: &Span<'_>) -> Vec<Reference> {
    let mut references = Vec::new();
    if let Some(parent) = span.parent {
        references.push(reference("CHILD_OF", span.trace_id, parent));
    }
    for link in &span.links {
        let (Some(trace_id), Some(span_id)) = (link.trace_id, link.span_id) else {
            continue;
        };
        let ref_type = ref_type(link);
        let is_parent = trace_id == span.trace_id && Some(span_id) == span.parent;
        if !(is_parent && ref_type == "CHILD_OF") {
            references.push(reference(ref_type, trace_id, span_id));
        }
    }
    references
}

fn reference(ref_type: &'static str, trace_id: TraceId, span_id: SpanId) -> Reference {
    Reference {
        ref_type,
        trace_id: short(trace_id),
        span_id: span_id.to_string(),
    }
}

fn ref_type(link: &Link<'_>) -> &'static str {
    let is_child_of = |attribute: &Attribute<'_>| {
        attribute.key == "opentracing.ref_type" && attribute.value.text() == "child_of"
    };
    if link.attributes.iter().any(is_child_of) {
        "CHILD_OF"
    } else {
        "FOLLOWS_FROM"
    }
}

fn tags<'a>(span: &'a Span<'a>) -> Vec<TagJson<'a>> {
    let mut tags = Vec::with_capacity(span.attributes.len() + 4);
    push_text("otel.scope.name", &span.scope.name, &mut tags);
    push_text("otel.scope.version", &span.scope.version, &mut tags);
    tags.extend(span.attributes.iter().map(TagJson::new));
    push_text("span.kind", span.kind.as_str(), &mut tags);
    match span.status.code {
        StatusCode::Unset => {}
        StatusCode::Ok => push_text("otel.status_code", "OK", &mut tags),
        StatusCode::Error => {
            push_text("otel.status_code", "ERROR", &mut tags);
            // Only where it is true: readers take any other value for an error too.
            tags.push(TagJson {
                key: "error",
                kind: "bool",
                value: TagValue::Bool(true),
            });
        }
    }
    push_text("otel.status_description", &span.status.message, &mut tags);
    push_text("w3c.tracestate", &span.trace_state, &mut tags);
    tags
}

fn push_text<'a>(key: &'a str, text: &'a str, tags: &mut Vec<TagJson<'a>>) {
    if !text.is_empty() {
        tags.push(TagJson {
            key,
            kind: "string",
            value: TagValue::Text(text.into()),
        });
    }
}

fn logs<'a>(events: &'a [Event<'a>]) -> Vec<LogJson<'a>> {
    let mut events: Vec<_> = events.iter().collect();
    events.sort_by_key(|event| event.time);
    events.into_iter().map(log).collect()
}

fn log<'a>(event: &'a Event<'a>) -> LogJson<'a> {
    let mut fields = Vec::with_capacity(event.attributes.len() + 1);
    if event.attributes.iter().all(|a| a.key != "event") {
        push_text("event", &event.name, &mut fields);
    }
    fields.extend(event.attributes.iter().map(TagJson::new));
    LogJson {
        timestamp: event.time.micros(),
        fields,
    }
}

fn warnings(span: &Span<'_>) -> Option<Vec<String>> {
    (span.end < span.start).then(|| {
        let before = span.start.since(span.end);
        vec![format!(
            "Negative duration: the span ends {before:?} before it starts"
        )]
    })
}

impl<'a> TagJson<'a> {
    fn new(attribute: &'a Attribute<'a>) -> Self {
        let (kind, value) = match &attribute.value {
            Value::Bool(bool) => ("bool", TagValue::Bool(*bool)),
            Value::Int(int) if int.unsigned_abs() <= MAX_EXACT => ("int64", TagValue::Int(*int)),
            Value::Int(_) => ("int64", TagValue::Text(attribute.value.text())),
            Value::Double(double) => ("float64", double_value(*double)),
            Value::Bytes(_) => ("binary", TagValue::Text(attribute.value.text())),
            _ => ("string", TagValue::Text(attribute.value.text())),
        };
        Self {
            key: &attribute.key,
            kind,
            value,
        }
    }
}

/// A number; a whole one without ".0", as Go writes it. JSON has no NaN and no infinity: text.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "whole numbers up to 2^53 are exact in both types"
)]
fn double_value<'a>(double: f64) -> TagValue<'a> {
    if !double.is_finite() {
        TagValue::Text(Value::Double(double).text().into_owned().into())
    } else if double.fract() == 0.0 && double.abs() <= MAX_EXACT as f64 {
        TagValue::Int(double as i64)
    } else {
        TagValue::Double(double)
    }
}

impl<'a> Processes<'a> {
    fn number(&mut self, resource: &'a Arc<Resource<'a>>) -> usize {
        let distinct = &mut self.distinct;
        *self
            .numbers
            .entry(Arc::as_ptr(resource))
            .or_insert_with(|| {
                let equal = distinct.iter().position(|other| **other == **resource);
                equal.unwrap_or_else(|| {
                    distinct.push(resource);
                    distinct.len() - 1
                })
            })
    }
}

fn process_id(number: usize) -> String {
    format!("p{}", number + 1)
}

impl Serialize for Processes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.distinct.len()))?;
        for (number, resource) in self.distinct.iter().enumerate() {
            map.serialize_entry(&process_id(number), &ProcessJson::new(resource))?;
        }
        map.end()
    }
}

impl<'a> ProcessJson<'a> {
    fn new(resource: &'a Resource<'a>) -> Self {
        let tags = resource.attributes.iter();
        Self {
            service_name: resource.service_name(),
            tags: tags
                .filter(|attribute| attribute.key != "service.name")
                .map(TagJson::new)
                .collect(),
        }
    }
}
