//! Strategies that generate batches of every form.

use std::borrow::Cow;

use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue, api_v2, thrift};
use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) fn thrift_batch() -> impl Strategy<Value = thrift::Batch<'static>> {
    (process(), vec(thrift_span(), 0..4))
        .prop_map(|(process, spans)| thrift::Batch { process, spans })
}

fn thrift_span() -> impl Strategy<Value = thrift::Span<'static>> {
    let ids = (any::<[u8; 16]>(), any::<[u8; 8]>(), any::<[u8; 8]>());
    let numbers = (any::<i32>(), any::<i64>(), any::<i64>());
    let logs = vec((any::<i64>(), tags()), 0..3);
    (ids, text(), numbers, references(), tags(), logs).prop_map(
        |(ids, operation_name, numbers, references, tags, logs)| thrift::Span {
            trace_id: ids.0,
            span_id: ids.1,
            parent_span_id: ids.2,
            operation_name,
            references,
            flags: numbers.0,
            start_time: numbers.1,
            duration: numbers.2,
            tags,
            logs: logs
                .into_iter()
                .map(|(timestamp, fields)| thrift::Log { timestamp, fields })
                .collect(),
        },
    )
}

pub(crate) fn api_v2_batch() -> impl Strategy<Value = api_v2::Batch<'static>> {
    (vec(api_v2_span(), 0..4), proptest::option::of(process()))
        .prop_map(|(spans, process)| api_v2::Batch { spans, process })
}

fn api_v2_span() -> impl Strategy<Value = api_v2::Span<'static>> {
    let ids = (any::<[u8; 16]>(), any::<[u8; 8]>());
    let numbers = (any::<u32>(), time(), time());
    let logs = vec((time(), tags()), 0..3);
    let stored = (proptest::option::of(process()), text(), vec(text(), 0..3));
    (ids, text(), numbers, references(), tags(), logs, stored).prop_map(
        |(ids, operation_name, numbers, references, tags, logs, stored)| api_v2::Span {
            trace_id: ids.0,
            span_id: ids.1,
            operation_name,
            references,
            flags: numbers.0,
            start_time: numbers.1,
            duration: numbers.2,
            tags,
            logs: logs
                .into_iter()
                .map(|(timestamp, fields)| api_v2::Log { timestamp, fields })
                .collect(),
            process: stored.0,
            process_id: stored.1,
            warnings: stored.2,
        },
    )
}

/// Nanoseconds within 64 bits of seconds, mostly of our time.
fn time() -> impl Strategy<Value = i128> {
    let seconds = prop_oneof![any::<i64>(), -2..=2_i64, 1_700_000_000..1_800_000_000_i64];
    (seconds, 0..1_000_000_000_i128)
        .prop_map(|(seconds, nanos)| i128::from(seconds) * 1_000_000_000 + nanos)
}

fn process() -> impl Strategy<Value = Process<'static>> {
    (text(), tags()).prop_map(|(service_name, tags)| Process { service_name, tags })
}

fn references() -> impl Strategy<Value = Vec<SpanRef>> {
    let ref_type = prop_oneof![Just(RefType::ChildOf), Just(RefType::FollowsFrom)];
    let reference = (ref_type, any::<[u8; 16]>(), any::<[u8; 8]>()).prop_map(
        |(ref_type, trace_id, span_id)| SpanRef {
            ref_type,
            trace_id,
            span_id,
        },
    );
    vec(reference, 0..3)
}

/// Sometimes more than 14, above which the compact protocol counts differently.
fn tags() -> impl Strategy<Value = Vec<Tag<'static>>> {
    prop_oneof![9 => vec(tag(), 0..4), 1 => vec(tag(), 13..18)]
}

fn tag() -> impl Strategy<Value = Tag<'static>> {
    let value = prop_oneof![
        text().prop_map(TagValue::String),
        // No -0.0: it equals 0.0, and prost does not write it.
        proptest::num::f64::ANY.prop_map(|double| TagValue::Double(double + 0.0)),
        any::<bool>().prop_map(TagValue::Bool),
        any::<i64>().prop_map(TagValue::Long),
        vec(any::<u8>(), 0..200).prop_map(|bytes| TagValue::Binary(bytes.into())),
    ];
    (text(), value).prop_map(|(key, value)| Tag { key, value })
}

/// Rarely so long that a span's length takes three bytes in protobuf.
fn text() -> impl Strategy<Value = Cow<'static, str>> {
    prop_oneof![
        5 => Just(Cow::Borrowed("")),
        20 => any::<String>().prop_map(Cow::Owned),
        20 => "[a-z.]{1,20}".prop_map(Cow::Owned),
        5 => (100..300_usize).prop_map(|length| "x".repeat(length).into()),
        1 => Just("y".repeat(16_384).into()),
    ]
}
