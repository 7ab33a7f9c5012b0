//! The checks for bytes of strangers: they are read or are an error, without a panic; and a span that
//! was read is the same after it was written and read again, as the store and the query APIs do it.
//!
//! The fuzz targets run these functions too.

use std::fmt::Debug;

use jaeger_wire::{api_v2, thrift};
use otel_backend::format::jaeger::{Detail, Form};
use otel_backend::format::json::JsonWriter;
use otel_backend::format::{Decoded, Incoming, jaeger, otlp, zipkin};
use otel_backend::model::{InvalidSpan, Span};
use otel_backend::store;
use serde_json::value::RawValue;

/// Checks `bytes` as OTLP's export request in protobuf.
pub(crate) fn otlp_protobuf(bytes: &[u8]) {
    let _refused = otlp::decode_traces(bytes).map(check);
    let _refused = otlp::read_metrics(bytes);
}

/// Checks `bytes` as OTLP's export request in JSON, and as a file of the Collector.
pub(crate) fn otlp_json(bytes: &[u8]) {
    let _refused = otlp::decode_json(bytes).map(check);
    let _refused = otlp::decode_json_lines(bytes).map(check);
    let _refused = otlp::read_metrics_json(bytes);
}

/// Checks `bytes` as a list of Zipkin spans of either version.
pub(crate) fn zipkin_json(bytes: &[u8]) {
    let _refused = zipkin::decode_v1(bytes).map(check);
    let _refused = zipkin::decode_v2(bytes).map(check);
}

/// Checks `bytes` as a list of Zipkin spans in protobuf.
pub(crate) fn zipkin_protobuf(bytes: &[u8]) {
    let _refused = zipkin::decode_protobuf(bytes).map(check);
}

/// Checks `bytes` as a trace in Jaeger's JSON.
pub(crate) fn jaeger_json(bytes: &[u8]) {
    if let Ok(trace) = serde_json::from_slice::<&RawValue>(bytes) {
        check(Box::new(jaeger::decode_trace(trace).into_iter()));
    }
}

/// Checks `bytes` as a Jaeger batch, in Thrift or protobuf.
pub(crate) fn jaeger_batch(bytes: &[u8]) {
    let thrift = [thrift::binary::decode_batch, thrift::compact::decode_batch];
    for batch in thrift.map(|decode| decode(bytes)).into_iter().flatten() {
        check(jaeger::from_thrift(batch));
    }
    if let Ok(batch) = api_v2::decode_post_spans(bytes) {
        check(jaeger::from_proto(batch));
    }
}

/// Checks `bytes` as a group of columns, and the columns of the spans in them.
pub(crate) fn columns(bytes: &[u8]) {
    if let Ok(read) = store::decode_columns(bytes) {
        assert!(otlp::groups(&read).is_ok());
    }
    let mut expected = messages(bytes);
    if expected.is_empty() {
        return;
    }
    let groups = store::encode_columns(bytes).unwrap();
    let read = groups.iter().map(|group| store::decode_columns(group));
    let read: Vec<_> = read.map(Result::unwrap).collect();
    let mut found: Vec<_> = read.iter().flat_map(|data| messages(data)).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// The resource, the scope and the bytes of each span in a `TracesData` that the store would hold.
fn messages(traces_data: &[u8]) -> Vec<[&[u8]; 3]> {
    let groups = otlp::groups(traces_data).unwrap_or_default();
    let spans = groups.into_iter().flat_map(|group| {
        let spans = group.spans.into_iter();
        spans.map(move |span| [group.head.resource, group.head.scope, span])
    });
    spans
        .filter(|[.., span]| otlp::Outline::read(span).is_some())
        .collect()
}

/// The properties of all decoded spans.
fn check(decoded: Decoded<'_>) {
    for span in decoded.flatten() {
        let Incoming { span, .. } = span;
        check_protobuf(&span);
        check_otlp_json(&span);
        check_jaeger_json(&span);
    }
}

fn check_protobuf(span: &Span<'_>) {
    let (mut resource, mut scope, mut message) = (Vec::new(), Vec::new(), Vec::new());
    otlp::encode_resource(&span.resource, &mut resource);
    otlp::encode_scope(&span.scope, &mut scope);
    otlp::encode_span(span, &mut message);
    let head = otlp::ResourceScope {
        resource: &resource,
        resource_schema: span.resource.schema_url.as_bytes(),
        scope: &scope,
        scope_schema: span.scope.schema_url.as_bytes(),
    };
    let mut written = Vec::new();
    otlp::write_groups([(head, [message.as_slice()])], &mut written);
    let again = only(otlp::decode_traces(&written).unwrap());
    assert_same(&again.unwrap(), span);
}

fn check_otlp_json(span: &Span<'_>) {
    let written = serde_json::to_vec(&otlp::TracesJson::new([span])).unwrap();
    let again = only(otlp::decode_json(&written).unwrap());
    assert_same(&again.unwrap(), span);
}

/// Jaeger's JSON has other types than the model, so the result must only be a span with the same
/// id.
fn check_jaeger_json(span: &Span<'_>) {
    for detail in [Detail::Jaeger, Detail::Exact] {
        let mut writer = JsonWriter::new(Vec::new(), false);
        let spans = [span].into_iter();
        jaeger::write_trace(&mut writer, span.trace_id, spans, Form::whole(detail)).unwrap();
        let written = writer.into_inner();
        let trace: &RawValue = serde_json::from_slice(&written).unwrap();
        let again = only(Box::new(jaeger::decode_trace(trace).into_iter()));
        assert_eq!(again.unwrap().span_id, span.span_id);
    }
}

fn only(decoded: Decoded<'_>) -> Result<Span<'_>, InvalidSpan> {
    let mut spans: Vec<_> = decoded.collect();
    assert_eq!(spans.len(), 1);
    spans.remove(0).map(|incoming| incoming.span)
}

/// Checks that both are equal, with NaN equal to NaN.
fn assert_same<T: PartialEq + Debug>(left: &T, right: &T) {
    if left != right {
        assert_eq!(format!("{left:?}"), format!("{right:?}"));
    }
}
