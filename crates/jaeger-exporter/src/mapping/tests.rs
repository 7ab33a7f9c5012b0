use std::slice;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jaeger_wire::{RefType, SpanRef, api_v2, thrift};
use opentelemetry::trace::{Event, Link, SpanContext, SpanId, TraceFlags, TraceId};
use opentelemetry::{Array, Key, StringValue};

use super::*;
use crate::Encoder;

const TRACE: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

fn context(span: u64, flags: u8) -> SpanContext {
    let trace = TraceId::from_bytes(TRACE);
    SpanContext::new(
        trace,
        SpanId::from(span),
        TraceFlags::new(flags),
        false,
        TraceState::NONE,
    )
}

fn at(nanos: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// A span without attributes, events or links.
fn bare() -> SpanData {
    SpanData {
        span_context: context(1, 1),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: "work".into(),
        start_time: at(5_000),
        end_time: at(9_000),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: opentelemetry_sdk::trace::SpanEvents::default(),
        links: opentelemetry_sdk::trace::SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    }
}

/// Encodes a span in both models and decodes it again.
fn both(span: &SpanData) -> (thrift::Span<'static>, api_v2::Span<'static>) {
    both_by(Mapping::default(), span)
}

#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
fn both_by(mapping: Mapping, span: &SpanData) -> (thrift::Span<'static>, api_v2::Span<'static>) {
    let (encoder, span) = (Encoder::unknown(mapping), slice::from_ref(span));
    let (mut thrift, mut protobuf, mut request) = (Vec::new(), Vec::new(), Vec::new());
    encoder.thrift_binary(span, &mut thrift);
    encoder.protobuf(span, &mut protobuf);
    api_v2::begin_post_spans(protobuf.len(), &mut request);
    request.append(&mut protobuf);
    // Leaked, because the decoded span borrows from the bytes.
    let mut thrift = thrift::binary::decode_batch(thrift.leak()).unwrap();
    let mut protobuf = api_v2::decode_post_spans(request.leak()).unwrap();
    (thrift.spans.remove(0), protobuf.spans.remove(0))
}

/// The tags of a span, one per line, after checking that both models have the same.
fn tags(span: &SpanData) -> Vec<String> {
    let (thrift, protobuf) = both(span);
    assert_eq!(thrift.tags, protobuf.tags);
    lines(&thrift.tags)
}

fn lines(tags: &[Tag<'_>]) -> Vec<String> {
    tags.iter()
        .map(|tag| format!("{} = {:?}", tag.key, tag.value))
        .collect()
}

fn long(key: &str, value: i64) -> String {
    format!("{key} = Long({value})")
}

fn string(key: &str, value: &str) -> String {
    format!("{key} = String({value:?})")
}

#[test]
fn a_bare_span_has_ids_name_and_times() {
    let span = bare();
    let (thrift, protobuf) = both(&span);
    let expected = thrift::Span {
        trace_id: TRACE,
        span_id: [0, 0, 0, 0, 0, 0, 0, 1],
        operation_name: "work".into(),
        flags: 1,
        start_time: 5,
        duration: 4,
        ..thrift::Span::default()
    };
    assert_eq!(thrift, expected);
    let expected = api_v2::Span {
        trace_id: TRACE,
        span_id: [0, 0, 0, 0, 0, 0, 0, 1],
        operation_name: "work".into(),
        flags: 1,
        start_time: 5_000,
        duration: 4_000,
        ..api_v2::Span::default()
    };
    assert_eq!(protobuf, expected);
}

#[test]
fn thrift_truncates_to_microseconds_and_protobuf_is_exact() {
    let times = |start, end| {
        let span = SpanData {
            start_time: start,
            end_time: end,
            ..bare()
        };
        let (thrift, protobuf) = both(&span);
        (
            (thrift.start_time, thrift.duration),
            (protobuf.start_time, protobuf.duration),
        )
    };
    assert_eq!(times(at(1_999), at(3_998)), ((1, 1), (1_999, 1_999)));
    let now = 1_652_868_537_349_127_499_u64;
    assert_eq!(
        times(at(now), at(now + 999)),
        ((1_652_868_537_349_127, 0), (now.into(), 999))
    );
    // The clock was set back while the span ran.
    assert_eq!(times(at(5_000), at(4_000)), ((5, 0), (5_000, 0)));
    let before = UNIX_EPOCH - Duration::from_nanos(2_500);
    assert_eq!(times(before, at(1_000)), ((-2, 3), (-2_500, 3_500)));
}

#[test]
fn only_the_sampled_flag_is_sent() {
    // Bit 2 is "random trace id" in W3C but "debug" in Jaeger.
    for (flags, expected) in [(0, 0_i32), (1, 1), (2, 0), (3, 1), (0xff, 1)] {
        let span = SpanData {
            span_context: context(1, flags),
            ..bare()
        };
        let (thrift, protobuf) = both(&span);
        assert_eq!(
            (thrift.flags, protobuf.flags),
            (expected, expected.cast_unsigned())
        );
    }
}

#[test]
fn the_parent_comes_before_the_links() {
    let mut span = SpanData {
        parent_span_id: SpanId::from(9),
        ..bare()
    };
    for id in [7, 9] {
        span.links
            .links
            .push(Link::new(context(id, 1), vec![KeyValue::new("lost", 1)], 0));
    }
    let reference = |ref_type, id| SpanRef {
        ref_type,
        trace_id: TRACE,
        span_id: [0, 0, 0, 0, 0, 0, 0, id],
    };
    let links = [
        reference(RefType::FollowsFrom, 7),
        reference(RefType::FollowsFrom, 9),
    ];
    let (thrift, protobuf) = both(&span);
    assert_eq!(thrift.parent_span_id, [0, 0, 0, 0, 0, 0, 0, 9]);
    assert_eq!(thrift.references, links);
    assert_eq!(protobuf.references[0], reference(RefType::ChildOf, 9));
    assert_eq!(protobuf.references[1..], links);
}

#[test]
fn attributes_keep_type_and_order() {
    let array = Array::String(vec![StringValue::from("a"), StringValue::from("b\"c")]);
    let span = SpanData {
        attributes: vec![
            KeyValue::new("s", "żółć"),
            KeyValue::new("empty", ""),
            KeyValue::new("b", false),
            KeyValue::new("i", i64::MIN),
            KeyValue::new("f", -0.5),
            KeyValue::new("a", Value::Array(array)),
        ],
        ..bare()
    };
    assert_eq!(
        tags(&span),
        [
            string("s", "żółć"),
            string("empty", ""),
            "b = Bool(false)".to_owned(),
            long("i", i64::MIN),
            "f = Double(-0.5)".to_owned(),
            string("a", r#"["a","b\"c"]"#),
        ]
    );
}

#[test]
fn the_kind_is_a_tag_unless_internal() {
    let cases = [
        (SpanKind::Client, vec![string("span.kind", "client")]),
        (SpanKind::Server, vec![string("span.kind", "server")]),
        (SpanKind::Producer, vec![string("span.kind", "producer")]),
        (SpanKind::Consumer, vec![string("span.kind", "consumer")]),
        (SpanKind::Internal, vec![]),
    ];
    for (span_kind, expected) in cases {
        assert_eq!(
            tags(&SpanData {
                span_kind,
                ..bare()
            }),
            expected
        );
    }
}

#[test]
fn an_error_is_marked_and_nothing_else_is() {
    let with = |status| tags(&SpanData { status, ..bare() });
    assert_eq!(with(Status::Unset), [""; 0]);
    assert_eq!(with(Status::Ok), [string("otel.status_code", "OK")]);
    let error = [
        string("otel.status_code", "ERROR"),
        "error = Bool(true)".to_owned(),
    ];
    assert_eq!(with(Status::error("")), error);
    let described = with(Status::error("refused"));
    assert_eq!(described[..2], error);
    assert_eq!(
        described[2..],
        [string("otel.status_description", "refused")]
    );
}

#[test]
fn an_attribute_called_error_keeps_its_value() {
    let span = SpanData {
        attributes: vec![KeyValue::new("error", "timeout")],
        status: Status::error(""),
        ..bare()
    };
    let expected = [
        string("error", "timeout"),
        string("otel.status_code", "ERROR"),
    ];
    assert_eq!(tags(&span), expected);
}

#[test]
fn the_scope_comes_first_and_is_left_out_where_empty() {
    let scope = |name| InstrumentationScope::builder(name);
    let with = |instrumentation_scope| SpanData {
        attributes: vec![KeyValue::new("k", 1)],
        instrumentation_scope,
        ..bare()
    };
    let full = with(scope("till").with_version("1.2").build());
    let (name, version) = (
        string("otel.scope.name", "till"),
        string("otel.scope.version", "1.2"),
    );
    assert_eq!(tags(&full), [name.clone(), version.clone(), long("k", 1)]);
    assert_eq!(
        tags(&with(scope("till").with_version("").build())),
        [name.clone(), long("k", 1)]
    );
    assert_eq!(tags(&with(scope("").build())), [long("k", 1)]);

    let mapping = Mapping { library_tags: true };
    let aliased = lines(&both_by(mapping, &full).0.tags);
    let aliases = [
        string("otel.library.name", "till"),
        string("otel.library.version", "1.2"),
    ];
    assert_eq!(aliased[..2], [name, version]);
    assert_eq!(aliased[2..4], aliases);
}

#[test]
fn the_trace_state_is_a_tag_unless_empty() {
    let with = |state: TraceState| {
        let context = context(1, 1);
        let (trace, span) = (context.trace_id(), context.span_id());
        tags(&SpanData {
            span_context: SpanContext::new(trace, span, TraceFlags::SAMPLED, false, state),
            ..bare()
        })
    };
    let state = TraceState::from_key_value([("a", "1"), ("b", "2")]).unwrap();
    assert_eq!(with(state), [string("w3c.tracestate", "a=1,b=2")]);
    let emptied = TraceState::from_key_value([("a", "1")])
        .unwrap()
        .delete("a")
        .unwrap();
    assert_eq!(with(emptied), [""; 0]);
}

#[test]
fn what_was_dropped_is_counted_unless_nothing_was() {
    let mut span = SpanData {
        dropped_attributes_count: 1,
        ..bare()
    };
    span.events.dropped_count = 2;
    span.links.dropped_count = u32::MAX;
    assert_eq!(
        tags(&span),
        [
            long("otel.dropped_attributes_count", 1),
            long("otel.dropped_events_count", 2),
            long("otel.dropped_links_count", u32::MAX.into()),
        ]
    );
}

#[test]
fn events_are_logs_with_their_name() {
    let mut span = bare();
    let key = |value: &'static str| vec![KeyValue::new("event", value)];
    span.events.events = vec![
        Event::new("first", at(6_001), vec![KeyValue::new("k", true)], 3),
        Event::new("second", at(7_999), key("of its own"), 0),
    ];
    let (thrift, protobuf) = both(&span);
    let first = [
        string("event", "first"),
        "k = Bool(true)".to_owned(),
        long("otel.dropped_attributes_count", 3),
    ];
    assert_eq!(lines(&thrift.logs[0].fields), first);
    assert_eq!(
        lines(&thrift.logs[1].fields),
        [string("event", "of its own")]
    );
    assert_eq!(
        thrift
            .logs
            .iter()
            .map(|log| log.timestamp)
            .collect::<Vec<_>>(),
        [6, 7]
    );
    for (log, exact) in protobuf.logs.iter().zip(&thrift.logs) {
        assert_eq!(log.fields, exact.fields);
    }
    assert_eq!(
        protobuf
            .logs
            .iter()
            .map(|log| log.timestamp)
            .collect::<Vec<_>>(),
        [6_001, 7_999]
    );
}

#[test]
fn the_process_is_the_resource() {
    let resource = Resource::builder_empty()
        .with_service_name("shop")
        .with_attribute(KeyValue::new("z", 1))
        .with_attribute(KeyValue::new("a", Value::Array(Array::I64(vec![1, 2]))))
        .build();
    let process = process(&resource);
    assert_eq!(process.service_name, "shop");
    assert_eq!(lines(&process.tags), [string("a", "[1,2]"), long("z", 1)]);
}

#[test]
fn a_service_without_a_name_is_unknown() {
    let nameless = process(&Resource::builder_empty().build());
    assert_eq!(nameless, unknown_process());
    assert_eq!(nameless.service_name, "unknown_service");
    let number = KeyValue::new(Key::from_static_str(SERVICE_NAME), 7);
    let numbered = process(&Resource::builder_empty().with_attribute(number).build());
    assert_eq!(numbered.service_name, "7");
}
