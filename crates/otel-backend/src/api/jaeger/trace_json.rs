//! A trace in the JSON of Jaeger's old API.
//!
//! Spans are turned into JSON one by one, so that a large trace is not there twice.
//!
//! Spec: <https://github.com/jaegertracing/jaeger/blob/main/internal/uimodel/model.go>

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jaeger_wire::{RefType, SpanRef, Tag, TagValue};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::translate;
use crate::api::ids::{hex, short};
use crate::model::{Event, Resource, Span, Value};

/// A trace.
#[derive(Serialize)]
pub(crate) struct TraceJson<'a> {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(serialize_with = "spans")]
    spans: (&'a [Span<'a>], &'a Processes<'a>),
    processes: &'a Processes<'a>,
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
    #[serde(serialize_with = "references")]
    references: Vec<SpanRef>,
    start_time: u64,
    duration: u64,
    #[serde(serialize_with = "tags")]
    tags: Vec<Tag<'a>>,
    #[serde(serialize_with = "logs")]
    logs: Vec<&'a Event<'a>>,
    #[serde(rename = "processID")]
    process_id: String,
    warnings: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReferenceJson {
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
    value: JsonValue<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum JsonValue<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    Int(i64),
    Double(f64),
}

#[derive(Serialize)]
struct LogJson<'a> {
    timestamp: u64,
    #[serde(serialize_with = "tags")]
    fields: Vec<Tag<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProcessJson<'a> {
    service_name: &'a str,
    #[serde(serialize_with = "tags")]
    tags: &'a [Tag<'a>],
}

/// The distinct resources of a trace, numbered in the order in which they appear.
#[derive(Default)]
pub(crate) struct Processes<'a> {
    distinct: Vec<&'a Resource<'a>>,
    numbers: HashMap<*const Resource<'a>, usize>,
}

/// The largest integer that every JSON reader keeps exactly.
const MAX_EXACT: u64 = (1 << 53) - 1;

impl<'a> TraceJson<'a> {
    /// The trace of these spans, in their order; `None` if there are none.
    pub(crate) fn of(
        spans: &'a [Span<'a>],
        processes: &'a Processes<'a>,
        warning: Option<String>,
    ) -> Option<Self> {
        Some(Self {
            trace_id: short(spans.first()?.trace_id.as_bytes()),
            spans: (spans, processes),
            processes,
            warnings: warning.map(|warning| vec![warning]),
        })
    }
}

impl<'a> SpanJson<'a> {
    fn new(span: &'a Span<'a>, process: usize) -> Self {
        let warnings = translate::warnings(span);
        Self {
            trace_id: short(span.trace_id.as_bytes()),
            span_id: hex(span.span_id.as_bytes()),
            flags: span.flags & 0xff,
            operation_name: &span.name,
            references: translate::references(span),
            start_time: span.start.micros(),
            duration: span.end.0.saturating_sub(span.start.0) / 1000,
            tags: translate::tags(span),
            logs: translate::events(span),
            process_id: process_id(process),
            warnings: (!warnings.is_empty()).then_some(warnings),
        }
    }
}

impl<'a> TagJson<'a> {
    fn new(tag: &'a Tag<'a>) -> Self {
        let (kind, value) = match &tag.value {
            TagValue::String(text) => ("string", JsonValue::Text(text.as_ref().into())),
            TagValue::Bool(bool) => ("bool", JsonValue::Bool(*bool)),
            TagValue::Long(int) if int.unsigned_abs() <= MAX_EXACT => {
                ("int64", JsonValue::Int(*int))
            }
            TagValue::Long(int) => ("int64", JsonValue::Text(int.to_string().into())),
            TagValue::Double(double) => ("float64", double_value(*double)),
            TagValue::Binary(bytes) => ("binary", JsonValue::Text(BASE64.encode(bytes).into())),
        };
        Self {
            key: &tag.key,
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
fn double_value<'a>(double: f64) -> JsonValue<'a> {
    if !double.is_finite() {
        JsonValue::Text(Value::Double(double).text().into_owned().into())
    } else if double == 0.0 && double.is_sign_negative() {
        // An integer has no sign of zero.
        JsonValue::Double(double)
    } else if double.fract() == 0.0 && double.abs() <= MAX_EXACT as f64 {
        JsonValue::Int(double as i64)
    } else {
        JsonValue::Double(double)
    }
}

impl<'a> Processes<'a> {
    /// Those of these spans.
    pub(crate) fn of(spans: &'a [Span<'a>]) -> Self {
        let mut processes = Self::default();
        for span in spans {
            processes.add(&span.resource);
        }
        processes
    }

    fn add(&mut self, resource: &'a Arc<Resource<'a>>) {
        let distinct = &mut self.distinct;
        self.numbers
            .entry(Arc::as_ptr(resource))
            .or_insert_with(|| {
                let equal = distinct.iter().position(|other| **other == **resource);
                equal.unwrap_or_else(|| {
                    distinct.push(resource);
                    distinct.len() - 1
                })
            });
    }

    fn number(&self, resource: &Arc<Resource<'a>>) -> usize {
        let number = self.numbers.get(&Arc::as_ptr(resource));
        number.copied().unwrap_or_default()
    }
}

impl Serialize for Processes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.distinct.len()))?;
        for (number, resource) in self.distinct.iter().enumerate() {
            let process = translate::process(resource);
            let json = ProcessJson {
                service_name: &process.service_name,
                tags: &process.tags,
            };
            map.serialize_entry(&process_id(number), &json)?;
        }
        map.end()
    }
}

fn process_id(number: usize) -> String {
    format!("p{}", number + 1)
}

fn spans<S: Serializer>(
    (spans, processes): &(&[Span<'_>], &Processes<'_>),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let json = |span| SpanJson::new(span, processes.number(&span.resource));
    serializer.collect_seq(spans.iter().map(json))
}

fn references<S: Serializer>(references: &[SpanRef], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(references.iter().map(|reference| ReferenceJson {
        ref_type: match reference.ref_type {
            RefType::ChildOf => "CHILD_OF",
            RefType::FollowsFrom => "FOLLOWS_FROM",
        },
        trace_id: short(&reference.trace_id),
        span_id: hex(&reference.span_id),
    }))
}

fn tags<S: Serializer>(tags: &[Tag<'_>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(tags.iter().map(TagJson::new))
}

fn logs<S: Serializer>(events: &[&Event<'_>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(events.iter().map(|event| LogJson {
        timestamp: event.time.micros(),
        fields: translate::fields(event),
    }))
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(flags: &u32) -> bool {
    *flags == 0
}
