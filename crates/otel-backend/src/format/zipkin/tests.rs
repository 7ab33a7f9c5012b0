//! Tests with what real clients send, in both versions, and with invalid input.

use proptest::prelude::*;

use super::{proto, v1, v2};
use crate::format::Decoded;
use crate::format::otlp::TracesJson;
use crate::model::{InvalidSpan, Span, SpanKind, Value};

type Decode = for<'a> fn(&'a [u8]) -> serde_json::Result<Decoded<'a>>;

/// Captured from Python's opentelemetry-exporter-zipkin-json 1.45.
const PYTHON_V1: &[u8] = include_bytes!("../../../tests/fixtures/zipkin_v1.json");
const PYTHON_V2: &[u8] = include_bytes!("../../../tests/fixtures/zipkin_v2.json");

fn decoded(decode: Decode, json: &[u8]) -> Vec<Result<Span<'_>, InvalidSpan>> {
    let decoded = decode(json).unwrap();
    decoded
        .map(|read| read.map(|incoming| incoming.span))
        .collect()
}

fn valid(decode: Decode, json: &[u8]) -> Vec<Span<'_>> {
    decoded(decode, json)
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

fn v2_of(members: &str) -> String {
    format!(r#"[{{"traceId":"a1","id":"b2",{members}}}]"#)
}

fn attributes(span: &Span<'_>) -> Vec<String> {
    let attributes = span.attributes.iter();
    attributes
        .map(|a| format!("{}={}", a.key, a.value.text()))
        .collect()
}

#[test]
fn what_python_sends_comes_back() {
    insta::assert_json_snapshot!("python_v2", TracesJson::new(&valid(v2::decode, PYTHON_V2)));
    insta::assert_json_snapshot!("python_v1", TracesJson::new(&valid(v1::decode, PYTHON_V1)));
}

#[test]
fn protobuf_says_the_same_as_json() {
    let protobuf = include_bytes!("../../../tests/fixtures/zipkin_v2.bin");
    let spans = proto::decode(protobuf).unwrap();
    let mut from_protobuf: Vec<_> = spans.map(|read| read.unwrap().span).collect();
    let mut from_json = valid(v2::decode, PYTHON_V2);
    from_protobuf.sort_by_key(|span| span.span_id);
    from_json.sort_by_key(|span| span.span_id);
    assert_eq!(from_protobuf, from_json);
}

#[test]
fn protobuf_has_ids_addresses_and_ports_in_bytes() {
    let endpoint = b"\x0a\x02db\x12\x04\x0a\x00\x00\x01\x20\xb8\x2a";
    let mut span = b"\x0a\x08AAAAAAAA\x1a\x08BBBBBBBB\x12\x08BBBBBBBB\x20\x01\x2a\x03get".to_vec();
    span.extend(b"\x31\x10\x27\0\0\0\0\0\0\x38\x05\x68\x01\x4a");
    span.push(u8::try_from(endpoint.len()).unwrap());
    span.extend(endpoint);
    let bad = b"\x0a\x0b\x0a\x09too long!";
    let length = u8::try_from(span.len()).unwrap();
    let list = [&bad[..], &[10, length], &span].concat();
    let spans: Vec<_> = proto::decode(&list).unwrap().collect();
    let refused = spans[0].as_ref().unwrap_err().to_string();
    assert_eq!(
        refused,
        "span cannot be decoded: span id '' is not 1 to 16 hexadecimal digits"
    );
    let span = &spans[1].as_ref().unwrap().span;
    assert_eq!(
        span.trace_id.to_string(),
        "00000000000000004141414141414141"
    );
    assert_eq!(
        (span.span_id.to_string(), span.parent),
        ("4242424242424242".into(), None)
    );
    assert_eq!(span.kind, SpanKind::Client);
    assert_eq!((span.start.0, span.end.0), (10_000_000, 10_005_000));
    assert_eq!(
        attributes(span),
        [
            "peer.service=db",
            "net.peer.ip=10.0.0.1",
            "net.peer.port=5432"
        ]
    );
}

#[test]
fn ids_may_be_short_and_a_span_is_not_its_own_parent() {
    let json = r#"[
        {"traceId":"463ac35c9f6413ad","id":"1","parentId":"72485a3953bb6124"},
        {"traceId":"0048485a3953bb61240000000000000F","id":"000000000000000A","parentId":"a"}
    ]"#;
    let spans = valid(v2::decode, json.as_bytes());
    assert_eq!(
        spans[0].trace_id.to_string(),
        "0000000000000000463ac35c9f6413ad"
    );
    assert_eq!(spans[0].span_id.to_string(), "0000000000000001");
    assert_eq!(spans[0].parent.unwrap().to_string(), "72485a3953bb6124");
    assert_eq!(
        spans[1].trace_id.to_string(),
        "0048485a3953bb61240000000000000f"
    );
    assert_eq!(spans[1].parent, None);
}

#[test]
fn a_span_that_cannot_be_read_is_rejected_alone() {
    let json = r#"[{"traceId":"zz","id":"1"},{"traceId":"1"},7,{"traceId":"1","id":"1"}]"#;
    let spans = decoded(v2::decode, json.as_bytes());
    let reasons: Vec<_> = spans
        .iter()
        .map(|span| span.as_ref().err().map(ToString::to_string))
        .collect();
    let reason = |index: usize| reasons[index].as_deref().unwrap();
    assert_eq!(
        reason(0),
        "span cannot be decoded: trace id 'zz' is not 1 to 32 hexadecimal digits"
    );
    assert_eq!(
        reason(1),
        "span cannot be decoded: span id '' is not 1 to 16 hexadecimal digits"
    );
    assert!(reason(2).starts_with("span cannot be decoded: invalid type"));
    assert_eq!(reasons[3], None);
}

#[test]
fn endpoints_become_a_resource_and_attributes() {
    let json = v2_of(
        r#""kind":"CLIENT","localEndpoint":{"serviceName":"shop","ipv4":"10.0.0.1","port":80},
           "remoteEndpoint":{"serviceName":"db","ipv6":"::1","port":5432},
           "tags":{"host.name":"box","peer.service":"mine"}"#,
    );
    let span = valid(v2::decode, json.as_bytes()).remove(0);
    assert_eq!(span.resource.service_name(), "shop");
    assert_eq!(span.resource.attributes.len(), 2);
    assert_eq!(
        attributes(&span),
        [
            "peer.service=mine",
            "net.host.ip=10.0.0.1",
            "net.host.port=80",
            "net.peer.ip=::1",
            "net.peer.port=5432",
            "otel.zipkin.absentField.startTime=true",
        ]
    );
}

#[test]
fn a_status_is_read_however_it_is_said() {
    let status = |tags: &str| {
        let json = v2_of(&format!(r#""timestamp":1,"tags":{{{tags}}}"#));
        let span = valid(v2::decode, json.as_bytes()).remove(0);
        format!(
            "{:?} '{}' {:?}",
            span.status.code,
            span.status.message,
            attributes(&span)
        )
    };
    insta::assert_snapshot!(
        [
            status(r#""otel.status_code":"ERROR","error":"it broke""#),
            status(r#""otel.status_code":"Error","otel.status_description":"why","error":"true""#),
            status(r#""otel.status_code":"STATUS_CODE_OK""#),
            status(r#""error":"true""#),
            status(r#""error":"it broke""#),
            status(r#""error":"false""#),
        ]
        .join("\n"),
        @r#"
    Error 'it broke' []
    Error 'why' []
    Ok '' []
    Error '' []
    Error 'it broke' []
    Unset '' ["error=false"]
    "#
    );
}

#[test]
fn an_event_is_read_however_it_is_said() {
    let event = |text: &str| {
        let text = serde_json::to_string(text).unwrap();
        let json = v2_of(&format!(
            r#""annotations":[{{"timestamp":7,"value":{text}}}]"#
        ));
        let span = valid(v2::decode, json.as_bytes()).remove(0);
        let event = &span.events[0];
        assert_eq!(event.time.0, 7000);
        let attributes = event
            .attributes
            .iter()
            .map(|a| format!("{}={:?}", a.key, a.value));
        let attributes: Vec<_> = attributes.collect();
        format!("{} {attributes:?} {}", event.name, event.dropped_attributes)
    };
    insta::assert_snapshot!(
        [
            event("plain"),
            event(r#"{"name": {"n": 3, "ok": true}}"#),
            event(r#""name": {"d": 0.5}"#),
            event(r#"name|{"s":"a|b"}|2"#),
            event(r#"{"a": {}, "b": {}}"#),
            event("a|b"),
        ]
        .join("\n"),
        @r#"
    plain [] 0
    name ["n=Int(3)", "ok=Bool(true)"] 0
    name ["d=Double(0.5)"] 0
    name ["s=String(\"a|b\")"] 2
    {"a": {}, "b": {}} [] 0
    a|b [] 0
    "#
    );
}

#[test]
fn what_the_collector_puts_into_tags_is_taken_out() {
    let json = v2_of(
        r#""timestamp":1,"debug":true,"shared":true,"tags":{
            "span.kind":"internal","w3c.tracestate":"v=1","otel.library.name":"lib",
            "otel.dropped_events_count":"3",
            "otlp.link.0":"000000000000000000000000000000d4|00000000000000e5|s=1|{\"k\":1}|2"}"#,
    );
    let span = valid(v2::decode, json.as_bytes()).remove(0);
    assert_eq!(attributes(&span), [""; 0]);
    assert_eq!((span.kind, span.flags), (SpanKind::Internal, 1));
    assert_eq!((&*span.trace_state, &*span.scope.name), ("v=1", "lib"));
    assert_eq!(span.dropped.events, 3);
    let link = &span.links[0];
    assert_eq!(link.span_id.unwrap().to_string(), "00000000000000e5");
    assert_eq!((&*link.trace_state, link.dropped_attributes), ("s=1", 2));
    assert_eq!(link.attributes[0].value, Value::Int(1));
}

#[test]
fn version_1_tells_kind_times_and_ends_by_annotations() {
    let json = br#"[{
        "traceId":"a1","id":"b2","name":"get",
        "annotations":[
            {"timestamp":20,"value":"cached","endpoint":{"serviceName":"other"}},
            {"timestamp":10,"value":"cs","endpoint":{"serviceName":"shop","ipv4":"10.0.0.1"}},
            {"timestamp":50,"value":"cr","endpoint":{"serviceName":"shop"}}
        ],
        "binaryAnnotations":[
            {"key":"sa","value":true,"endpoint":{"serviceName":"db","port":5432}},
            {"key":"lc","value":"spring"},
            {"key":"i","value":"-7","type":"I64"},
            {"key":"d","value":"0.5","type":"DOUBLE"},
            {"key":"b","value":"AQI=","type":"BYTES"},
            {"key":"n","value":3},
            {"key":"not","value":"x","type":"I16"}
        ]
    }]"#;
    let span = valid(v1::decode, json).remove(0);
    assert_eq!(span.kind, SpanKind::Client);
    assert_eq!((span.start.0, span.end.0), (10_000, 50_000));
    assert_eq!(span.resource.service_name(), "shop");
    assert_eq!(span.events.len(), 1);
    assert_eq!(
        attributes(&span),
        [
            "component=spring",
            "i=-7",
            "d=0.5",
            "b=AQI=",
            "n=3",
            "not=x",
            "net.host.ip=10.0.0.1",
            "peer.service=db",
            "net.peer.port=5432",
        ]
    );
    assert!(matches!(span.attributes[1].value, Value::Int(-7)));
    assert!(matches!(span.attributes[3].value, Value::Bytes(_)));
}

/// A captured body with some bytes changed, removed or repeated.
fn damaged(body: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..4_usize);
    prop::collection::vec(change, 1..6).prop_map(|changes| {
        let mut body = body.to_vec();
        for (index, byte, length) in changes {
            let index = index.index(body.len());
            let end = (index + length).min(body.len());
            body.splice(index..end, std::iter::once(byte));
        }
        body
    })
}

proptest! {
    #[test]
    fn nothing_that_is_sent_makes_a_decoder_panic(
        v1_body in damaged(PYTHON_V1),
        v2_body in damaged(PYTHON_V2),
        text in ".*",
    ) {
        for (decode, body) in [(v1::decode as Decode, v1_body), (v2::decode, v2_body)] {
            for body in [body.as_slice(), text.as_bytes()] {
                if let Ok(spans) = decode(body) {
                    spans.for_each(drop);
                }
            }
        }
    }

    #[test]
    fn any_protobuf_is_read_or_refused(body in damaged(include_bytes!("../../../tests/fixtures/zipkin_v2.bin")), bytes: Vec<u8>) {
        for body in [body, bytes] {
            if let Ok(spans) = proto::decode(&body) {
                spans.for_each(drop);
            }
        }
    }

    #[test]
    fn every_number_is_a_time(start: u64, duration: u64, note: i64, float: f64) {
        let json = format!(
            r#""timestamp":{start},"duration":{duration},"annotations":[
                {{"timestamp":{note},"value":"a"}},{{"timestamp":{float:e},"value":"b"}}]"#
        );
        let body = v2_of(&json);
        let span = valid(v2::decode, body.as_bytes()).remove(0);
        prop_assert!(span.end >= span.start);
        prop_assert_eq!(span.start.0, start.saturating_mul(1000));
    }

    #[test]
    fn every_tag_that_means_nothing_comes_back(tags in prop::collection::hash_map("x[^\\x00]*", ".*", 0..8)) {
        let json = format!(r#""timestamp":1,"tags":{}"#, serde_json::to_string(&tags).unwrap());
        let body = v2_of(&json);
        let span = valid(v2::decode, body.as_bytes()).remove(0);
        prop_assert_eq!(span.attributes.len(), tags.len());
        for attribute in &span.attributes {
            prop_assert_eq!(&attribute.value.text(), &tags[&*attribute.key]);
        }
    }
}
