//! Encodes spans as an OTLP request.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as OneOf;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message as _;

use crate::spans::{RESOURCE, Sketch, Value};
use crate::template::{NANOS, span_placeholder, trace_placeholder};

pub(crate) fn encode(sketches: &[Sketch]) -> Vec<u8> {
    let services: BTreeSet<_> = sketches.iter().map(|sketch| sketch.service).collect();
    let of_service = |service: &str| {
        let spans = sketches.iter().filter(|sketch| sketch.service == service);
        resource_spans(service, spans.map(span).collect())
    };
    let request = ExportTraceServiceRequest {
        resource_spans: services.into_iter().map(of_service).collect(),
    };
    request.encode_to_vec()
}

fn span(sketch: &Sketch) -> Span {
    let start = NANOS + sketch.start;
    let attributes = sketch.attributes.iter();
    let event = |name: &str, attributes| Event {
        time_unix_nano: start + 10,
        name: name.into(),
        attributes,
        ..Event::default()
    };
    let cache_miss = sketch.cache_miss.as_ref();
    let cache_miss = cache_miss.map(|key| event("cache.miss", vec![text("cache.key", key)]));
    let exception = sketch.exception.as_ref();
    let exception = exception.map(|values| {
        let keys = [
            "exception.type",
            "exception.message",
            "exception.stacktrace",
        ];
        let attributes = keys.into_iter().zip(values);
        event(
            "exception",
            attributes.map(|(key, value)| text(key, value)).collect(),
        )
    });
    Span {
        trace_id: trace_placeholder(sketch.trace).to_vec(),
        span_id: span_placeholder(sketch.number).to_vec(),
        parent_span_id: sketch
            .parent
            .map_or(Vec::new(), |p| span_placeholder(p).to_vec()),
        name: sketch.name.clone(),
        kind: sketch.kind.into(),
        start_time_unix_nano: start,
        end_time_unix_nano: start + sketch.duration,
        attributes: attributes
            .map(|(key, value)| key_value(key, value))
            .collect(),
        events: cache_miss.into_iter().chain(exception).collect(),
        status: sketch.failed.then(|| Status {
            code: 2,
            message: "upstream timed out".into(),
        }),
        flags: 0x101,
        ..Span::default()
    }
}

fn resource_spans(service: &str, spans: Vec<Span>) -> ResourceSpans {
    ResourceSpans {
        resource: Some(resource(service)),
        scope_spans: vec![ScopeSpans {
            scope: Some(scope()),
            spans,
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    }
}

pub(crate) fn resource(service: &str) -> Resource {
    let attributes = [("service.name", service)].into_iter().chain(RESOURCE);
    Resource {
        attributes: attributes.map(|(key, value)| text(key, value)).collect(),
        ..Resource::default()
    }
}

pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "shop".into(),
        version: "1.4.2".into(),
        ..InstrumentationScope::default()
    }
}

fn key_value(key: &str, value: &Value) -> KeyValue {
    match value {
        Value::Text(value) => text(key, value),
        Value::Int(value) => attribute(key, OneOf::IntValue(*value)),
        Value::Double(value) => attribute(key, OneOf::DoubleValue(*value)),
    }
}

pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, OneOf::StringValue(value.into()))
}

fn attribute(key: &str, value: OneOf) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
