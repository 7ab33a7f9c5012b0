//! Encodes spans as Jaeger's requests, in Thrift and in protobuf; each request has spans of one
//! service.

use std::borrow::Cow;

use jaeger_wire::{Process, RefType, SpanRef, Tag, api_v2, thrift};

use crate::spans::{RESOURCE, SERVICES, Sketch, Value};
use crate::template::{MICROS, SECONDS, span_placeholder, trace_placeholder};

const KINDS: [&str; 6] = ["", "internal", "server", "client", "producer", "consumer"];

pub(crate) fn encode_thrift(sketches: &[Sketch], service: usize) -> Vec<u8> {
    let batch = thrift::Batch {
        process: process(service),
        spans: sketches.iter().map(thrift_span).collect(),
    };
    let mut out = Vec::new();
    thrift::binary::encode_batch(&batch, &mut out);
    out
}

pub(crate) fn encode_proto(sketches: &[Sketch], service: usize) -> Vec<u8> {
    let batch = api_v2::Batch {
        process: Some(process(service)),
        spans: sketches.iter().map(proto_span).collect(),
    };
    let mut out = Vec::new();
    api_v2::encode_post_spans(&batch, &mut out);
    out
}

fn process(service: usize) -> Process<'static> {
    Process {
        service_name: SERVICES[service].into(),
        tags: RESOURCE.map(|(key, value)| Tag::new(key, value)).to_vec(),
    }
}

fn thrift_span(sketch: &Sketch) -> thrift::Span<'_> {
    let start = (MICROS + sketch.start / 1000).cast_signed();
    let log = |fields| thrift::Log {
        timestamp: start,
        fields,
    };
    thrift::Span {
        trace_id: trace_placeholder(sketch.trace),
        span_id: span_placeholder(sketch.number),
        parent_span_id: sketch.parent.map_or([0; 8], span_placeholder),
        operation_name: sketch.name.as_str().into(),
        references: Vec::new(),
        flags: 1,
        start_time: start,
        duration: (sketch.duration / 1000).cast_signed(),
        tags: tags(sketch),
        logs: fields(sketch).map(log).into_iter().collect(),
    }
}

fn proto_span(sketch: &Sketch) -> api_v2::Span<'_> {
    let start = i128::from(SECONDS * 1_000_000_000 + sketch.start);
    let log = |fields| api_v2::Log {
        timestamp: start,
        fields,
    };
    let parent = sketch.parent.map(|parent| SpanRef {
        ref_type: RefType::ChildOf,
        trace_id: trace_placeholder(sketch.trace),
        span_id: span_placeholder(parent),
    });
    api_v2::Span {
        trace_id: trace_placeholder(sketch.trace),
        span_id: span_placeholder(sketch.number),
        operation_name: sketch.name.as_str().into(),
        references: parent.into_iter().collect(),
        flags: 1,
        start_time: start,
        duration: sketch.duration.into(),
        tags: tags(sketch),
        logs: fields(sketch).map(log).into_iter().collect(),
        ..api_v2::Span::default()
    }
}

fn tags(sketch: &Sketch) -> Vec<Tag<'_>> {
    let own = sketch.attributes.iter().map(|(key, value)| match value {
        Value::Text(text) => Tag::new(*key, text.as_str()),
        Value::Int(int) => Tag::new(*key, *int),
        Value::Double(double) => Tag::new(*key, *double),
    });
    let mut tags: Vec<_> = own.collect();
    tags.push(Tag::new("span.kind", KINDS[usize::from(sketch.kind)]));
    if sketch.failed {
        tags.push(Tag::new("error", true));
        tags.push(Tag::new("otel.status_description", "upstream timed out"));
    }
    tags
}

fn fields(sketch: &Sketch) -> Option<Vec<Tag<'_>>> {
    let key: Cow<'_, str> = sketch.cache_miss.as_deref()?.into();
    Some(vec![
        Tag::new("event", "cache.miss"),
        Tag {
            key: "cache.key".into(),
            value: jaeger_wire::TagValue::String(key),
        },
    ])
}
