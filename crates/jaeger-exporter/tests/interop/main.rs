//! Compares captured requests of other exporters with what this one sends for the same spans.
//!
//! Ids, names, times, values, references and the order of spans must be the same. Intended
//! differences are rewritten in `as_today`, one rule for each.

mod python;
mod retired;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jaeger_wire::{Process, SpanRef, Tag, TagValue, api_v2, thrift};
use opentelemetry::trace::{
    Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};

/// A batch of either model, with the tags sorted by name.
#[derive(Debug, PartialEq)]
struct Seen {
    service: String,
    process: Tags,
    spans: Vec<SeenSpan>,
}

#[derive(Debug, PartialEq)]
struct SeenSpan {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    /// Zero in protobuf, where the parent is a reference.
    parent_span_id: [u8; 8],
    name: String,
    references: Vec<SpanRef>,
    flags: i64,
    /// Start and duration, in the unit of the model.
    times: (i128, i128),
    tags: Tags,
    logs: Vec<(i128, Tags)>,
}

type Tags = BTreeMap<String, TagValue<'static>>;

fn seen_thrift(batch: &thrift::Batch<'_>) -> Seen {
    let span = |span: &thrift::Span<'_>| SeenSpan {
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_span_id: span.parent_span_id,
        name: span.operation_name.to_string(),
        references: span.references.clone(),
        flags: span.flags.into(),
        times: (span.start_time.into(), span.duration.into()),
        tags: tags(&span.tags),
        logs: span
            .logs
            .iter()
            .map(|log| (log.timestamp.into(), tags(&log.fields)))
            .collect(),
    };
    seen(&batch.process, batch.spans.iter().map(span).collect())
}

fn seen_protobuf(batch: &api_v2::Batch<'_>) -> Seen {
    let span = |span: &api_v2::Span<'_>| SeenSpan {
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent_span_id: [0; 8],
        name: span.operation_name.to_string(),
        references: span.references.clone(),
        flags: span.flags.into(),
        times: (span.start_time, span.duration),
        tags: tags(&span.tags),
        logs: span
            .logs
            .iter()
            .map(|log| (log.timestamp, tags(&log.fields)))
            .collect(),
    };
    seen(
        &batch.process.clone().unwrap_or_default(),
        batch.spans.iter().map(span).collect(),
    )
}

fn seen(process: &Process<'_>, spans: Vec<SeenSpan>) -> Seen {
    Seen {
        service: process.service_name.to_string(),
        process: tags(&process.tags),
        spans,
    }
}

/// Sorts tags by name: their order has no meaning, and no capture has a name twice.
fn tags(tags: &[Tag<'_>]) -> Tags {
    let value = |value: &TagValue<'_>| match value {
        TagValue::String(text) => string(text),
        TagValue::Double(number) => TagValue::Double(*number),
        TagValue::Bool(flag) => TagValue::Bool(*flag),
        TagValue::Long(number) => TagValue::Long(*number),
        TagValue::Binary(bytes) => TagValue::Binary(bytes.to_vec().into()),
    };
    let map: Tags = tags
        .iter()
        .map(|tag| (tag.key.to_string(), value(&tag.value)))
        .collect();
    assert_eq!(map.len(), tags.len(), "no name twice: {tags:?}");
    map
}

fn string(text: &str) -> TagValue<'static> {
    TagValue::String(text.to_owned().into())
}

/// Renames a tag.
fn rename(tags: &mut Tags, from: &str, to: &str) {
    if let Some(value) = tags.remove(from) {
        tags.insert(to.to_owned(), value);
    }
}

/// The parts of a span that a test sets; the rest is empty.
struct Described {
    trace: [u8; 16],
    span: u64,
    parent: u64,
    name: &'static str,
    /// Start and duration in nanoseconds.
    times: (u64, u64),
    scope: InstrumentationScope,
}

impl Described {
    fn span(&self, attributes: Vec<KeyValue>) -> SpanData {
        let start_time = at(self.times.0);
        SpanData {
            span_context: context(self.trace, self.span),
            parent_span_id: SpanId::from(self.parent),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: self.name.into(),
            start_time,
            end_time: start_time + Duration::from_nanos(self.times.1),
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: self.scope.clone(),
        }
    }
}

fn at(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

fn context(trace: [u8; 16], span: u64) -> SpanContext {
    let trace = TraceId::from_bytes(trace);
    SpanContext::new(
        trace,
        SpanId::from(span),
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    )
}

fn link(trace: [u8; 16], span: u64) -> Link {
    Link::with_context(context(trace, span))
}
