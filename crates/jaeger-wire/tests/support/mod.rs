//! What the tests share: strategies for any batch, the captures, and every decoder at once.
#![allow(
    clippy::mod_module_files,
    reason = "a file tests/support.rs would be a test program of its own"
)]
#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod again;

use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue, api_v2, thrift};
use proptest::{collection::vec, prelude::*};

/// Bytes that real clients put on the wire; see captures.rs.
pub(crate) const CAPTURES: [&[u8]; 6] = [
    include_bytes!("../captures/python-thrift-client.bin"),
    include_bytes!("../captures/python-thrift-server.bin"),
    include_bytes!("../captures/python-thrift-manual.bin"),
    include_bytes!("../captures/python-grpc-manual.bin"),
    include_bytes!("../captures/rust-http.bin"),
    include_bytes!("../captures/rust-udp.bin"),
];

/// Hands `bytes` to every decoder.
pub(crate) fn decode_with_all(bytes: &[u8]) {
    again::thrift_binary(bytes);
    again::thrift_compact(bytes);
    again::api_v2(bytes);
}

pub(crate) fn any_thrift_batch() -> impl Strategy<Value = thrift::Batch<'static>> {
    (any_process(), vec(any_thrift_span(), 0..20))
        .prop_map(|(process, spans)| thrift::Batch { process, spans })
}

fn any_thrift_span() -> impl Strategy<Value = thrift::Span<'static>> {
    let log = (any::<i64>(), vec(any_tag(), 0..4))
        .prop_map(|(timestamp, fields)| thrift::Log { timestamp, fields });
    (
        (
            any::<[u8; 16]>(),
            any::<[u8; 8]>(),
            any::<[u8; 8]>(),
            any_text(),
        ),
        vec(any_reference(), 0..4),
        (any::<i32>(), any::<i64>(), any::<i64>()),
        vec(any_tag(), 0..20),
        vec(log, 0..4),
    )
        .prop_map(
            |(ids, references, (flags, start_time, duration), tags, logs)| {
                let (trace_id, span_id, parent_span_id, name) = ids;
                thrift::Span {
                    trace_id,
                    span_id,
                    parent_span_id,
                    operation_name: name.into(),
                    references,
                    flags,
                    start_time,
                    duration,
                    tags,
                    logs,
                }
            },
        )
}

pub(crate) fn any_api_v2_batch() -> impl Strategy<Value = api_v2::Batch<'static>> {
    (
        vec(any_api_v2_span(), 0..12),
        prop::option::of(any_process()),
    )
        .prop_map(|(spans, process)| api_v2::Batch { spans, process })
}

fn any_api_v2_span() -> impl Strategy<Value = api_v2::Span<'static>> {
    let log = (any_nanos(), vec(any_tag(), 0..4))
        .prop_map(|(timestamp, fields)| api_v2::Log { timestamp, fields });
    (
        (any::<[u8; 16]>(), any::<[u8; 8]>(), any_text()),
        vec(any_reference(), 0..4),
        (any::<u32>(), any_nanos(), any_nanos()),
        (vec(any_tag(), 0..20), vec(log, 0..4)),
        (
            prop::option::of(any_process()),
            any_text(),
            vec(any_text(), 0..3),
        ),
    )
        .prop_map(
            |(ids, references, numbers, (tags, logs), (process, process_id, warnings))| {
                let (trace_id, span_id, name) = ids;
                let (flags, start_time, duration) = numbers;
                api_v2::Span {
                    trace_id,
                    span_id,
                    operation_name: name.into(),
                    references,
                    flags,
                    start_time,
                    duration,
                    tags,
                    logs,
                    process,
                    process_id: process_id.into(),
                    warnings: warnings.into_iter().map(Into::into).collect(),
                }
            },
        )
}

/// All that 64-bit seconds can count.
fn any_nanos() -> impl Strategy<Value = i128> {
    (any::<i64>(), 0..1_000_000_000_i128)
        .prop_map(|(seconds, nanos)| {
            let nanos = if seconds < 0 { -nanos } else { nanos };
            i128::from(seconds) * 1_000_000_000 + nanos
        })
        .prop_filter("within 64-bit seconds", |nanos| {
            i64::try_from(nanos.div_euclid(1_000_000_000)).is_ok()
        })
}

fn any_process() -> impl Strategy<Value = Process<'static>> {
    (any_text(), vec(any_tag(), 0..6)).prop_map(|(name, tags)| Process {
        service_name: name.into(),
        tags,
    })
}

fn any_reference() -> impl Strategy<Value = SpanRef> {
    let ref_type = prop_oneof![Just(RefType::ChildOf), Just(RefType::FollowsFrom)];
    (ref_type, any::<[u8; 16]>(), any::<[u8; 8]>()).prop_map(|(ref_type, trace_id, span_id)| {
        SpanRef {
            ref_type,
            trace_id,
            span_id,
        }
    })
}

fn any_tag() -> impl Strategy<Value = Tag<'static>> {
    let value = prop_oneof![
        any_text().prop_map(|text| TagValue::String(text.into())),
        // NaN is not equal to itself; the decoders are tested with it elsewhere.
        prop::num::f64::ANY
            .prop_filter("equal to itself", |number| !number.is_nan())
            .prop_map(TagValue::Double),
        any::<bool>().prop_map(TagValue::Bool),
        any::<i64>().prop_map(TagValue::Long),
        vec(any::<u8>(), 0..40).prop_map(|bytes| TagValue::Binary(bytes.into())),
    ];
    (any_text(), value).prop_map(|(key, value)| Tag {
        key: key.into(),
        value,
    })
}

/// Short, and of any characters: a pattern would take most of the test's time.
fn any_text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..12).prop_map(String::from_iter)
}
