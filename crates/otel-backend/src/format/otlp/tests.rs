//! Compares our reader and writer with the generated messages of `opentelemetry-proto`.

use std::borrow::Cow;

use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span as ProtoSpan, Status, TracesData,
};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::format::Decoded;
use crate::model::{Span, SpanKind, StatusCode, Value};

fn value() -> impl Strategy<Value = Option<ProtoValue>> {
    let leaf = prop_oneof![
        Just(None),
        ".{0,200}".prop_map(|text| Some(ProtoValue::StringValue(text))),
        any::<bool>().prop_map(|bool| Some(ProtoValue::BoolValue(bool))),
        any::<i64>().prop_map(|int| Some(ProtoValue::IntValue(int))),
        any::<f64>().prop_map(|double| Some(ProtoValue::DoubleValue(double))),
        vec(any::<u8>(), 0..9).prop_map(|bytes| Some(ProtoValue::BytesValue(bytes))),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|values| {
                let values = values.into_iter().map(|value| AnyValue { value });
                Some(ProtoValue::ArrayValue(ArrayValue {
                    values: values.collect(),
                }))
            }),
            vec((".{0,5}", inner), 0..4).prop_map(|entries| {
                let values = entries
                    .into_iter()
                    .map(|(key, value)| key_value(key, value));
                Some(ProtoValue::KvlistValue(KeyValueList {
                    values: values.collect(),
                }))
            }),
        ]
    })
}

fn key_value(key: String, value: Option<ProtoValue>) -> KeyValue {
    KeyValue {
        key,
        value: Some(AnyValue { value }),
        ..KeyValue::default()
    }
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec(
        (".{0,9}", value()).prop_map(|(key, value)| key_value(key, value)),
        0..4,
    )
}

prop_compose! {
    fn event()(time_unix_nano: u64, name in ".{0,9}", attributes in attributes(), dropped in 0..3_u32) -> Event {
        Event { time_unix_nano, name, attributes, dropped_attributes_count: dropped }
    }
}

prop_compose! {
    fn link()(
        trace_id in vec(1..=255_u8, 16), span_id in vec(1..=255_u8, 8), trace_state in ".{0,9}",
        attributes in attributes(), flags: u32,
    ) -> Link {
        Link { trace_id, span_id, trace_state, attributes, flags, ..Link::default() }
    }
}

prop_compose! {
    fn span()(
        ids in (vec(1..=255_u8, 16), vec(1..=255_u8, 8), prop_oneof![Just(vec![]), vec(1..=255_u8, 8)]),
        name in ".{0,300}", trace_state in ".{0,9}", kind in 0..6, flags: u32, times: (u64, u64),
        attributes in attributes(), events in vec(event(), 0..3), links in vec(link(), 0..3),
        dropped in (0..3_u32, 0..300_u32, any::<u32>()),
        status in prop::option::of((".{0,9}", 0..3)),
    ) -> ProtoSpan {
        ProtoSpan {
            trace_id: ids.0, span_id: ids.1, parent_span_id: ids.2,
            name, trace_state, kind, flags, start_time_unix_nano: times.0, end_time_unix_nano: times.1,
            attributes, events, links,
            dropped_attributes_count: dropped.0, dropped_events_count: dropped.1, dropped_links_count: dropped.2,
            // An empty status is the same as none.
            status: status.map(|(message, code)| Status { message, code }).filter(|s| *s != Status::default()),
        }
    }
}

prop_compose! {
    fn scope_spans()(
        name in ".{0,9}", version in ".{0,5}", attributes in attributes(), schema_url in ".{0,5}",
        spans in vec(span(), 1..3),
    ) -> ScopeSpans {
        let scope = InstrumentationScope { name, version, attributes, dropped_attributes_count: 1 };
        ScopeSpans { scope: Some(scope), spans, schema_url }
    }
}

prop_compose! {
    fn resource_spans()(
        attributes in attributes(), schema_url in ".{0,5}", scope_spans in vec(scope_spans(), 1..3),
    ) -> ResourceSpans {
        let resource = Resource { attributes, dropped_attributes_count: 2, ..Resource::default() };
        ResourceSpans { resource: Some(resource), scope_spans, schema_url }
    }
}

/// Encodes spans as the store does.
fn encode(spans: &[Span<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for span in spans {
        let (mut resource, mut scope, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        encode_resource(&span.resource, &mut resource);
        encode_scope(&span.scope, &mut scope);
        encode_span(span, &mut bytes);
        let head = ResourceScope {
            resource: &resource,
            resource_schema: span.resource.schema_url.as_bytes(),
            scope: &scope,
            scope_schema: span.scope.schema_url.as_bytes(),
        };
        write_groups([(head, [bytes.as_slice()])], &mut out);
    }
    out
}

/// All spans; fails if one is rejected.
fn all(decoded: Decoded<'_>) -> Vec<Span<'_>> {
    let spans = decoded.map(|incoming| incoming.map(|incoming| incoming.span));
    spans.collect::<Result<_, _>>().unwrap()
}

/// The number of valid spans, and the reasons why the others are invalid.
fn valid_and_rejected(decoded: Decoded<'_>) -> (usize, Vec<String>) {
    let (valid, rejected): (Vec<_>, Vec<_>) = decoded.partition(Result::is_ok);
    let reasons = rejected
        .into_iter()
        .map(|rejected| rejected.unwrap_err().to_string());
    (valid.len(), reasons.collect())
}

/// One `ResourceSpans` for each span.
fn one_by_one(data: &TracesData) -> TracesData {
    let mut resource_spans = Vec::new();
    for group in &data.resource_spans {
        for scope_spans in &group.scope_spans {
            for span in &scope_spans.spans {
                resource_spans.push(ResourceSpans {
                    scope_spans: vec![ScopeSpans {
                        spans: vec![span.clone()],
                        ..scope_spans.clone()
                    }],
                    ..group.clone()
                });
            }
        }
    }
    TracesData { resource_spans }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_lost_on_the_way_through(resource_spans in vec(resource_spans(), 0..3)) {
        let data = TracesData { resource_spans };
        let bytes = data.encode_to_vec();
        let spans = all(decode_traces(&bytes).unwrap());
        let again = TracesData::decode(encode(&spans).as_slice()).unwrap();
        prop_assert_eq!(again, one_by_one(&data));
    }

    #[test]
    fn broken_bytes_are_refused_without_harm(
        resource_spans in resource_spans(), cut: prop::sample::Index, flip: prop::sample::Index, bit in 0..8_u8,
    ) {
        let mut bytes = TracesData { resource_spans: vec![resource_spans] }.encode_to_vec();
        let flipped = flip.index(bytes.len());
        bytes[flipped] ^= 1_u8 << bit;
        bytes.truncate(cut.index(bytes.len()) + 1);
        prop_assert!(decode_traces(&bytes).map_or(0, Iterator::count) <= bytes.len());
    }

    #[test]
    fn any_bytes_are_refused_without_harm(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(decode_traces(&bytes).map_or(0, Iterator::count) <= bytes.len());
        prop_assert!(decode_json(&bytes).map_or(0, Iterator::count) <= bytes.len());
    }
}

fn one(span: ProtoSpan) -> Vec<u8> {
    let valid = ProtoSpan {
        trace_id: vec![9; 16],
        span_id: vec![9; 8],
        ..ProtoSpan::default()
    };
    let scope_spans = ScopeSpans {
        spans: vec![span, valid],
        ..ScopeSpans::default()
    };
    let resource_spans = ResourceSpans {
        scope_spans: vec![scope_spans],
        ..ResourceSpans::default()
    };
    TracesData {
        resource_spans: vec![resource_spans],
    }
    .encode_to_vec()
}

#[test]
fn a_span_that_is_not_valid_is_rejected_alone() {
    let bytes = one(ProtoSpan {
        trace_id: vec![0; 16],
        span_id: vec![1; 8],
        ..ProtoSpan::default()
    });
    let decoded = valid_and_rejected(decode_traces(&bytes).unwrap());
    assert_eq!(decoded, (1, vec!["trace id is all zero".to_owned()]));
}

#[test]
fn values_that_lie_too_deep_cost_only_their_span() {
    let mut value = AnyValue { value: None };
    for _ in 0..90 {
        value = AnyValue {
            value: Some(ProtoValue::ArrayValue(ArrayValue {
                values: vec![value],
            })),
        };
    }
    let bytes = one(ProtoSpan {
        trace_id: vec![1; 16],
        span_id: vec![1; 8],
        attributes: vec![key_value("deep".into(), value.value)],
        ..ProtoSpan::default()
    });
    let (valid, rejected) = valid_and_rejected(decode_traces(&bytes).unwrap());
    assert_eq!((valid, rejected.len()), (1, 1));
}

#[test]
fn text_that_is_not_utf8_becomes_bytes() {
    // An attribute with the key "k" whose string value is the byte 0xff.
    let attribute = b"\x0a\x01k\x12\x03\x0a\x01\xff";
    let mut span = b"\x0a\x10AAAAAAAAAAAAAAAA\x12\x08BBBBBBBB".to_vec();
    crate::format::protobuf::write_bytes(9, attribute, &mut span);
    let mut bytes = Vec::new();
    write_groups([(ResourceScope::default(), [span.as_slice()])], &mut bytes);
    let spans = all(decode_traces(&bytes).unwrap());
    assert_eq!(spans[0].attributes[0].value, Value::Bytes(b"\xff".into()));
}

#[test]
fn json_and_protobuf_say_the_same() {
    let json = br#"{"resourceSpans":[{
        "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "schemaUrl":"https://example.com/r",
        "scopeSpans":[{
            "scope":{"name":"lib","version":"1","attributes":[{"key":"a","value":{"boolValue":true}}]},
            "spans":[{
                "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174",
                "parentSpanId":"eee19b7ec3c1b173","name":"GET","kind":2,"unknownField":{"x":[1]},
                "startTimeUnixNano":"1544712660000000001","endTimeUnixNano":1544712661000000002,
                "attributes":[
                    {"key":"i","value":{"intValue":"-9223372036854775808"}},
                    {"key":"d","value":{"doubleValue":"NaN"}},
                    {"key":"b","value":{"bytesValue":"AQI="}},
                    {"key":"l","value":{"arrayValue":{"values":[{"intValue":1},{}]}}},
                    {"key":"m","value":{"kvlistValue":{"values":[{"key":"x","value":null}]}}},
                    {"key":"e"}
                ],
                "events":[{"timeUnixNano":"7","name":"ev"}],
                "links":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000002"}],
                "status":{"code":"STATUS_CODE_ERROR","message":"no"},"flags":257,"traceState":null
            }]
        }]
    }]}"#;
    let from_json = all(decode_json(json).unwrap());
    let bytes = encode(&from_json);
    let from_bytes = all(decode_traces(&bytes).unwrap());
    // NaN is not equal to itself, so the printed forms are compared.
    assert_eq!(format!("{from_bytes:?}"), format!("{from_json:?}"));
    let span = &from_json[0];
    // Text without escapes is not copied.
    assert!(matches!(span.name, Cow::Borrowed("GET")));
    assert_eq!(
        span.trace_id.to_string(),
        "5b8efff798038103d269b633813fc60c"
    );
    assert_eq!(
        (span.start.0, span.end.0),
        (1_544_712_660_000_000_001, 1_544_712_661_000_000_002)
    );
    assert_eq!((span.kind, span.flags), (SpanKind::Server, 257));
    assert_eq!(
        (span.status.code, &*span.status.message),
        (StatusCode::Error, "no")
    );
    let values: Vec<_> = span.attributes.iter().map(|a| a.value.text()).collect();
    let expected = [
        "-9223372036854775808",
        "NaN",
        "AQI=",
        "[1,null]",
        r#"{"x":null}"#,
        "",
    ];
    assert_eq!(values, expected);
}

// So Jaeger and Tempo answer, whose JSON leaves out what has its default.
#[test]
fn an_empty_list_and_an_empty_map_have_no_values() {
    let json = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{
        "traceId":"00000000000000000000000000000001","spanId":"0000000000000001",
        "attributes":[
            {"key":"l","value":{"arrayValue":{"values":[]}}},
            {"key":"m","value":{"arrayValue":{"values":[{"kvlistValue":{}}]}}}
        ]
    }]}]}]}"#;
    let spans = all(decode_json(json).unwrap());
    let written = serde_json::to_value(TracesJson::new(&spans)).unwrap();
    let expected = serde_json::json!([
        {"key": "l", "value": {"arrayValue": {}}},
        {"key": "m", "value": {"arrayValue": {"values": [{"kvlistValue": {}}]}}},
    ]);
    assert_eq!(
        written["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"],
        expected
    );
}

#[test]
fn a_json_span_that_cannot_be_read_is_rejected_alone() {
    let json = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"traceId":"zz","spanId":"0000000000000001"},
        {"traceId":"00000000000000000000000000000001","spanId":"0000000000000001","name":7},
        {"traceId":"00000000000000000000000000000001","spanId":"0000000000000001"}
    ]}]}]}"#;
    let (valid, rejected) = valid_and_rejected(decode_json(json).unwrap());
    assert_eq!((valid, rejected.len()), (1, 2));
    assert_eq!(
        rejected[0],
        "span cannot be decoded: trace id is not hexadecimal"
    );
}
