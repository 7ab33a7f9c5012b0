//! Converts Jaeger's JSON to spans.

use std::borrow::Cow;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue, thrift};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

use crate::format::Incoming;
use crate::format::jaeger::from_thrift;
use crate::format::json::JsonText;
use crate::model::{InvalidSpan, from_short_hex};

#[derive(Deserialize)]
struct TraceJson<'a> {
    #[serde(borrow, default)]
    spans: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    processes: HashMap<Cow<'a, str>, ProcessJson<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProcessJson<'a> {
    #[serde(borrow, default)]
    service_name: Cow<'a, str>,
    #[serde(borrow)]
    tags: Option<Vec<TagJson<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpanJson<'a> {
    #[serde(borrow, rename = "traceID")]
    trace_id: Cow<'a, str>,
    #[serde(borrow, rename = "spanID")]
    span_id: Cow<'a, str>,
    #[serde(borrow, default, rename = "parentSpanID")]
    parent_span_id: JsonText<'a>,
    flags: Option<u32>,
    #[serde(borrow, default)]
    operation_name: Cow<'a, str>,
    #[serde(borrow)]
    references: Option<Vec<ReferenceJson<'a>>>,
    /// Microseconds.
    #[serde(default, deserialize_with = "micros")]
    start_time: i64,
    /// Microseconds.
    #[serde(default, deserialize_with = "micros")]
    duration: i64,
    #[serde(borrow)]
    tags: Option<Vec<TagJson<'a>>>,
    #[serde(borrow)]
    logs: Option<Vec<LogJson<'a>>>,
    #[serde(borrow, default, rename = "processID")]
    process_id: JsonText<'a>,
    /// The process itself, which some stores write instead of its id.
    #[serde(borrow)]
    process: Option<ProcessJson<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReferenceJson<'a> {
    #[serde(borrow, default)]
    ref_type: Cow<'a, str>,
    #[serde(borrow, rename = "traceID")]
    trace_id: Cow<'a, str>,
    #[serde(borrow, rename = "spanID")]
    span_id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct TagJson<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct LogJson<'a> {
    #[serde(default, deserialize_with = "micros")]
    timestamp: i64,
    #[serde(borrow)]
    fields: Option<Vec<TagJson<'a>>>,
}

/// Reads microseconds. Decimals, which this program writes if exact times are asked for, are
/// ignored.
fn micros<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = Number::deserialize(deserializer)?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
    let rounded = || number.as_f64().unwrap_or_default() as i64;
    Ok(number.as_i64().unwrap_or_else(rounded))
}

type Read<'a> = Result<Incoming<'a>, InvalidSpan>;

/// Decodes a trace. A span that cannot be read is an error of its own.
pub fn decode_trace(trace: &RawValue) -> Vec<Read<'_>> {
    let trace: TraceJson<'_> = match serde_json::from_str(trace.get()) {
        Ok(trace) => trace,
        Err(reason) => return vec![Err(malformed(&reason))],
    };
    let mut read = Vec::new();
    let mut batches: HashMap<Cow<'_, str>, thrift::Batch<'_>> = HashMap::new();
    for (id, process) in trace.processes {
        batches.entry(id).or_default().process = process.into();
    }
    for raw in trace.spans {
        match decode_span(raw, &mut batches) {
            Ok(None) => {}
            Ok(Some(batch)) => read.extend(from_thrift(batch)),
            Err(reason) => read.push(Err(reason)),
        }
    }
    read.extend(batches.into_values().flat_map(from_thrift));
    read
}

/// Decodes a span into the batch of its process, or into a batch of its own if it has its own
/// process.
fn decode_span<'a>(
    raw: &'a RawValue,
    batches: &mut HashMap<Cow<'a, str>, thrift::Batch<'a>>,
) -> Result<Option<thrift::Batch<'a>>, InvalidSpan> {
    let mut json: SpanJson<'a> =
        serde_json::from_str(raw.get()).map_err(|reason| malformed(&reason))?;
    let (own, id) = (json.process.take(), std::mem::take(&mut json.process_id).0);
    let span = json.read()?;
    if let Some(process) = own {
        return Ok(Some(thrift::Batch {
            process: process.into(),
            spans: vec![span],
        }));
    }
    match batches.get_mut(&id) {
        Some(batch) => {
            batch.spans.push(span);
            Ok(None)
        }
        None => Err(InvalidSpan::Malformed(format!(
            "there is no process '{id}'"
        ))),
    }
}

impl<'a> SpanJson<'a> {
    fn read(self) -> Result<thrift::Span<'a>, InvalidSpan> {
        let references = self.references.unwrap_or_default();
        let references = references.iter().map(reference);
        let logs = self.logs.unwrap_or_default();
        Ok(thrift::Span {
            trace_id: id(&self.trace_id)?,
            span_id: id(&self.span_id)?,
            parent_span_id: match &*self.parent_span_id {
                "" => [0; 8],
                text => id(text)?,
            },
            operation_name: self.operation_name,
            references: references.collect::<Result<_, _>>()?,
            flags: self.flags.unwrap_or_default().cast_signed(),
            start_time: self.start_time,
            duration: self.duration,
            tags: tags(self.tags),
            logs: logs.into_iter().map(Into::into).collect(),
        })
    }
}

impl<'a> From<ProcessJson<'a>> for Process<'a> {
    fn from(process: ProcessJson<'a>) -> Self {
        Self {
            service_name: process.service_name,
            tags: tags(process.tags),
        }
    }
}

impl<'a> From<LogJson<'a>> for thrift::Log<'a> {
    fn from(log: LogJson<'a>) -> Self {
        Self {
            timestamp: log.timestamp,
            fields: tags(log.fields),
        }
    }
}

fn tags(tags: Option<Vec<TagJson<'_>>>) -> Vec<Tag<'_>> {
    let tags = tags.into_iter().flatten();
    tags.map(|tag| Tag {
        value: value(&tag.kind, tag.value),
        key: tag.key,
    })
    .collect()
}

/// A value of the given type; if none is given, of its JSON type. Numbers may be written as text to
/// stay exact.
fn value<'a>(kind: &str, value: Value) -> TagValue<'a> {
    let text = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let typed = match kind {
        "bool" => text.parse().ok().map(TagValue::Bool),
        "int64" => text.parse().ok().map(TagValue::Long),
        "float64" => text.parse().ok().map(TagValue::Double),
        "binary" => BASE64
            .decode(&text)
            .ok()
            .map(|bytes| TagValue::Binary(bytes.into())),
        _ => None,
    };
    typed.unwrap_or_else(|| match value {
        Value::Bool(bool) if kind.is_empty() => TagValue::Bool(bool),
        Value::Number(number) if kind.is_empty() => match number.as_i64() {
            Some(int) => TagValue::Long(int),
            None => TagValue::Double(number.as_f64().unwrap_or_default()),
        },
        _ => TagValue::String(text.into()),
    })
}

fn reference(reference: &ReferenceJson<'_>) -> Result<SpanRef, InvalidSpan> {
    Ok(SpanRef {
        ref_type: match reference.ref_type.as_ref() {
            "CHILD_OF" => RefType::ChildOf,
            _ => RefType::FollowsFrom,
        },
        trace_id: id(&reference.trace_id)?,
        span_id: id(&reference.span_id)?,
    })
}

/// An id, with or without leading zeros.
fn id<const N: usize>(text: &str) -> Result<[u8; N], InvalidSpan> {
    from_short_hex(text).ok_or_else(|| not_an_id(text))
}

fn not_an_id(text: &str) -> InvalidSpan {
    InvalidSpan::Malformed(format!("'{text}' is not an id"))
}

fn malformed(reason: &serde_json::Error) -> InvalidSpan {
    InvalidSpan::Malformed(reason.to_string())
}
