//! Converts Jaeger's model to OTLP's, for all of Jaeger's protocols.
//!
//! The mapping is that of the OpenTelemetry Collector's translator; what it does only for protobuf
//! (scope, trace state) is also done for Thrift.
//!
//! Spec: <https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/translator/jaeger>

use std::sync::Arc;

use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue, api_v2, thrift};

use super::status;
use crate::format::Decoded;
use crate::format::shared::{Resources, Scopes};
use crate::format::tags::{take_kind, take_scope, take_string};
use crate::format::weight::Shape;
use crate::model::{
    Attribute, Event, InvalidSpan, Link, Resource, Span, SpanId, SpanIds, TraceId, UnixNanos, Value,
};

/// The elements of a `PostSpansRequest`.
pub static POST_SPANS: Shape = Shape(&[(1, &BATCH)]);
static BATCH: Shape = Shape(&[(1, &SPAN), (2, &TAGS)]);
/// References, tags, logs, the process and warnings.
static SPAN: Shape = Shape(&[(4, &LEAF), (8, &LEAF), (9, &TAGS), (10, &TAGS), (12, &LEAF)]);
/// A process or a log.
static TAGS: Shape = Shape(&[(2, &LEAF)]);
static LEAF: Shape = Shape(&[]);

/// The service name that Jaeger uses for a resource without attributes.
const NO_RESOURCE: &str = "OTLPResourceNoServiceName";

/// The spans of a Thrift batch.
pub fn from_thrift(batch: thrift::Batch<'_>) -> Decoded<'_> {
    let resource = Arc::new(resource(batch.process));
    let mut scopes = Scopes::default();
    let spans = batch.spans.into_iter();
    Box::new(spans.map(move |span| {
        let parent = span.parent_span_id;
        let span = in_nanoseconds(span);
        Ok(translate(span, parent, Arc::clone(&resource), &mut scopes)?.into())
    }))
}

/// The spans of a protobuf batch.
pub fn from_proto(batch: api_v2::Batch<'_>) -> Decoded<'_> {
    let shared = Arc::new(batch.process.map(resource).unwrap_or_default());
    let mut own = Resources::default();
    let mut scopes = Scopes::default();
    Box::new(batch.spans.into_iter().map(move |mut span| {
        let resource = match span.process.take() {
            Some(process) => own.share(resource(process)),
            None => Arc::clone(&shared),
        };
        Ok(translate(span, [0; 8], resource, &mut scopes)?.into())
    }))
}

fn resource(process: Process<'_>) -> Resource<'_> {
    let mut attributes = Vec::with_capacity(process.tags.len() + 1);
    if process.service_name != NO_RESOURCE {
        let name = Value::String(process.service_name);
        attributes.push(Attribute::new("service.name", name));
    }
    let has_host = process.tags.iter().any(|tag| tag.key == "host.name");
    for tag in process.tags {
        match (tag.key.as_ref(), &tag.value) {
            // Some clients repeat the service name here.
            ("service.name", _) if !attributes.is_empty() => {}
            ("hostname", _) if !has_host => {
                attributes.push(Attribute::new("host.name", value(tag.value)));
            }
            ("jaeger.version", TagValue::String(version)) => attributes.push(Attribute::new(
                "opencensus.exporterversion",
                Value::String(format!("Jaeger-{version}").into()),
            )),
            _ => attributes.push(attribute(tag)),
        }
    }
    Resource {
        attributes,
        ..Resource::default()
    }
}

/// Converts a span. `parent` is the parent id that the span gives outside its references, or zero.
fn translate<'a>(
    span: api_v2::Span<'a>,
    parent: [u8; 8],
    resource: Arc<Resource<'a>>,
    scopes: &mut Scopes<'a>,
) -> Result<Span<'a>, InvalidSpan> {
    let (parent, links) = parent_and_links(&span.trace_id, parent, span.references);
    let ids = SpanIds::new(&span.trace_id, &span.span_id, &parent)?;
    let mut attributes: Vec<_> = span.tags.into_iter().map(attribute).collect();
    let scope = scopes.share(take_scope(&mut attributes));
    let kind = take_kind(&mut attributes);
    let status = status::take(&mut attributes, kind);
    let trace_state = take_string(&mut attributes, "w3c.tracestate").unwrap_or_default();
    Ok(Span {
        trace_state,
        // Of Jaeger's flags, only "sampled" has the same meaning in W3C's.
        flags: span.flags & 1,
        name: span.operation_name,
        kind,
        start: nanos(span.start_time),
        end: nanos(span.start_time.saturating_add(span.duration)),
        attributes,
        events: span.logs.into_iter().map(event).collect(),
        links,
        status,
        ..Span::new(ids, resource, scope)
    })
}

/// The parent is the given one, or else the first `CHILD_OF` in the same trace, or else the first
/// `FOLLOWS_FROM` in it. Every `FOLLOWS_FROM` becomes a link, and so does every other `CHILD_OF`.
fn parent_and_links<'a>(
    trace_id: &[u8; 16],
    parent: [u8; 8],
    mut references: Vec<SpanRef>,
) -> ([u8; 8], Vec<Link<'a>>) {
    let is = |wanted: RefType| {
        move |reference: &SpanRef| reference.ref_type == wanted && reference.trace_id == *trace_id
    };
    let parent = if parent == [0; 8] {
        if let Some(index) = references.iter().position(is(RefType::ChildOf)) {
            references.remove(index).span_id
        } else {
            let follows = references.iter().find(|it| is(RefType::FollowsFrom)(it));
            follows.map_or([0; 8], |reference| reference.span_id)
        }
    } else {
        references
            .retain(|reference| !(is(RefType::ChildOf)(reference) && reference.span_id == parent));
        parent
    };
    (parent, references.into_iter().map(link).collect())
}

fn link<'a>(reference: SpanRef) -> Link<'a> {
    let ref_type = match reference.ref_type {
        RefType::ChildOf => "child_of",
        RefType::FollowsFrom => "follows_from",
    };
    Link {
        trace_id: TraceId::new(reference.trace_id).ok(),
        span_id: SpanId::new(reference.span_id).ok(),
        attributes: vec![Attribute::new(
            "opentracing.ref_type",
            Value::String(ref_type.into()),
        )],
        ..Link::default()
    }
}

fn event(log: api_v2::Log<'_>) -> Event<'_> {
    let mut attributes: Vec<_> = log.fields.into_iter().map(attribute).collect();
    Event {
        time: nanos(log.timestamp),
        name: take_string(&mut attributes, "event").unwrap_or_default(),
        attributes,
        ..Event::default()
    }
}

fn attribute(tag: Tag<'_>) -> Attribute<'_> {
    Attribute {
        key: tag.key,
        value: value(tag.value),
    }
}

fn value(value: TagValue<'_>) -> Value<'_> {
    match value {
        TagValue::String(text) => Value::String(text),
        TagValue::Double(double) => Value::Double(double),
        TagValue::Bool(bool) => Value::Bool(bool),
        TagValue::Long(int) => Value::Int(int),
        TagValue::Binary(bytes) => Value::Bytes(bytes),
    }
}

/// Times before the epoch or after the year 2554 become the nearest valid time.
fn nanos(time: i128) -> UnixNanos {
    let time = time.clamp(0, i128::from(u64::MAX));
    UnixNanos(u64::try_from(time).unwrap_or(u64::MAX))
}

/// Converts a Thrift span, whose times are microseconds, to a protobuf one.
fn in_nanoseconds(span: thrift::Span<'_>) -> api_v2::Span<'_> {
    let nanos = |micros: i64| i128::from(micros) * 1000;
    let logs = span.logs.into_iter().map(|log| api_v2::Log {
        timestamp: nanos(log.timestamp),
        fields: log.fields,
    });
    api_v2::Span {
        trace_id: span.trace_id,
        span_id: span.span_id,
        operation_name: span.operation_name,
        references: span.references,
        flags: span.flags.cast_unsigned(),
        start_time: nanos(span.start_time),
        duration: nanos(span.duration),
        tags: span.tags,
        logs: logs.collect(),
        ..api_v2::Span::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_that_stands_for_a_missing_parent_stays_a_link() {
        let references = vec![SpanRef {
            ref_type: RefType::FollowsFrom,
            trace_id: [1; 16],
            span_id: [3; 8],
        }];
        let (parent, links) = parent_and_links(&[1; 16], [0; 8], references);
        assert_eq!((parent, links.len()), ([3; 8], 1));
    }
}
