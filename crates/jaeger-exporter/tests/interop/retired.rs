//! opentelemetry-jaeger 0.22: five spans with every type, kind and status, sent over HTTP.

use jaeger_exporter::Encoder;
use jaeger_wire::TagValue;
use jaeger_wire::thrift::binary;
use opentelemetry::trace::{Event, SpanKind, Status, TraceFlags};
use opentelemetry::{Array, InstrumentationScope, Key, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use super::{Described, Seen, at, link, rename, seen_thrift, string};

const CAPTURE: &[u8] = include_bytes!("../../../../tests/kit/captures/rust-http.bin");
const TRACE: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
/// In nanoseconds; the spans start a few microseconds later.
const START: u64 = 1_700_000_000_000_000_000;

#[test]
fn the_retired_exporter_sent_the_same() {
    let resource = Resource::builder_empty()
        .with_service_name("rust-capture")
        .with_attributes([
            KeyValue::new("host.name", "h1"),
            KeyValue::new("service.version", "1.0"),
            KeyValue::new("cpus", 4),
            KeyValue::new("debug", true),
        ])
        .build();
    let mut encoded = Vec::new();
    Encoder::new(&resource).thrift_binary(&spans(), &mut encoded);

    let ours = seen_thrift(&binary::decode_batch(&encoded).unwrap());
    let theirs = seen_thrift(&binary::decode_batch(CAPTURE).unwrap());
    assert_eq!(ours, as_today(theirs));
}

fn as_today(mut seen: Seen) -> Seen {
    // Our service name is not repeated as a tag.
    seen.process.remove("service.name");
    for span in &mut seen.spans {
        rename(&mut span.tags, "otel.library.name", "otel.scope.name");
        rename(&mut span.tags, "otel.library.version", "otel.scope.version");
        let logs = span.logs.iter_mut().map(|(_, fields)| fields);
        for tags in logs.chain([&mut span.tags]) {
            let (from, to) = (
                "otel.event.dropped_attributes_count",
                "otel.dropped_attributes_count",
            );
            rename(tags, from, to);
            // Our arrays are JSON: strings are escaped, and floats stay floats.
            if let Some(array) = tags.get_mut("arr.str") {
                assert_eq!(*array, string(r#"["a","b"c"]"#));
                *array = string(r#"["a","b\"c"]"#);
            }
            if let Some(array) = tags.get_mut("arr.f64") {
                assert_eq!(*array, TagValue::String("[1.5,-2]".into()));
                *array = string("[1.5,-2.0]");
            }
        }
    }
    seen
}

fn spans() -> Vec<SpanData> {
    vec![
        SpanData {
            span_kind: SpanKind::Server,
            ..described(0x1111_1111_1111_1111, 0, "GET /users/{id}", (0, 5_000)).span(every_type())
        },
        SpanData {
            span_kind: SpanKind::Client,
            status: Status::error("connection refused"),
            ..described(
                0x2222_2222_2222_2222,
                0x1111_1111_1111_1111,
                "GET",
                (100, 3_000),
            )
            .span(vec![KeyValue::new("error.type", "connect")])
        },
        SpanData {
            span_kind: SpanKind::Producer,
            status: Status::Ok,
            ..described(
                0x3333_3333_3333_3333,
                0x1111_1111_1111_1111,
                "send orders",
                (200, 10),
            )
            .span(Vec::new())
        },
        consumer(),
        unsampled(),
    ]
}

fn described(
    span: u64,
    parent: u64,
    name: &'static str,
    (start, duration): (u64, u64),
) -> Described {
    Described {
        trace: TRACE,
        span,
        parent,
        name,
        times: (START + start * 1_000, duration * 1_000),
        scope: InstrumentationScope::builder("my.scope")
            .with_version("1.2.3")
            .build(),
    }
}

fn consumer() -> SpanData {
    let (id, parent) = (0xffff_ffff_ffff_ff01, 0x3333_3333_3333_3333);
    let mut span = described(id, parent, "process orders", (300, 1_000)).span(Vec::new());
    span.span_kind = SpanKind::Consumer;
    let mut elsewhere = [0xff; 16];
    elsewhere[8..].fill(0xee);
    span.links.links = vec![link(TRACE, parent), link(elsewhere, 0xdddd_dddd_dddd_dddd)];
    let event = |name, micros: u64, attributes, dropped| {
        Event::new(name, at(START + micros * 1_000), attributes, dropped)
    };
    span.events.events = vec![
        event("exception", 350, every_type(), 3),
        event("replaced", 360, vec![KeyValue::new("event", "user-set")], 0),
        event("no attributes", 370, Vec::new(), 0),
    ];
    span
}

/// A span that is not sampled, ends before it starts, and has attributes with the names of
/// generated tags.
fn unsampled() -> SpanData {
    let attributes = vec![
        KeyValue::new("span.kind", "user-overridden"),
        KeyValue::new("error", "user-error"),
    ];
    let (id, parent) = (0x5555_5555_5555_5555, 0xffff_ffff_ffff_ff01);
    let mut span = described(id, parent, "internal", (400, 0)).span(attributes);
    span.end_time = at(START);
    span.status = Status::error("");
    let context = &span.span_context;
    span.span_context = opentelemetry::trace::SpanContext::new(
        context.trace_id(),
        context.span_id(),
        TraceFlags::default(),
        false,
        context.trace_state().clone(),
    );
    span
}

fn every_type() -> Vec<KeyValue> {
    let array = |key: &'static str, array| KeyValue::new(Key::from(key), Value::Array(array));
    let strings = vec![StringValue::from("a"), StringValue::from("b\"c")];
    vec![
        KeyValue::new("str", "hello"),
        KeyValue::new("str.empty", ""),
        KeyValue::new("str.utf8", "żółć 日本 🦀"),
        KeyValue::new("bool.true", true),
        KeyValue::new("bool.false", false),
        KeyValue::new("i64.pos", 42),
        KeyValue::new("i64.neg", -7),
        KeyValue::new("i64.max", i64::MAX),
        KeyValue::new("i64.min", i64::MIN),
        KeyValue::new("f64", 0.5),
        KeyValue::new("f64.big", -1e300),
        array("arr.bool", Array::Bool(vec![true, false])),
        array("arr.i64", Array::I64(vec![1, -2, 3])),
        array("arr.f64", Array::F64(vec![1.5, -2.0])),
        array("arr.str", Array::String(strings)),
        array("arr.empty", Array::String(Vec::new())),
    ]
}
