//! Compares the protobuf encoder and decoder with prost's, which are generated from the `.proto`
//! files.

use jaeger_wire::api_v2::{self, Batch, Log, Span};
use jaeger_wire::{DecodeErrorKind, Process, RefType, SpanRef, Tag, TagValue};
use proptest::prelude::*;
use prost::Message;
use prost_types::{Duration, Timestamp};

use crate::generated::api_v2 as generated;
use crate::properties::{changed, changes};
use crate::round_trip::assert_same;
use crate::{samples, strategies};

proptest! {
    #[test]
    fn prost_writes_the_same_bytes(batch in strategies::api_v2_batch()) {
        let mut ours = Vec::new();
        api_v2::encode_post_spans(&batch, &mut ours);
        prop_assert_eq!(ours, request(&batch).encode_to_vec());
    }

    #[test]
    fn prost_reads_the_same_from_our_bytes(batch in strategies::api_v2_batch()) {
        let mut ours = Vec::new();
        api_v2::encode_post_spans(&batch, &mut ours);
        let read = generated::PostSpansRequest::decode(&ours[..]).unwrap();
        assert_same(&read, &request(&batch));
    }

    #[test]
    fn we_read_the_same_from_prosts_bytes(batch in strategies::api_v2_batch()) {
        let bytes = request(&batch).encode_to_vec();
        assert_same(&api_v2::decode_post_spans(&bytes).unwrap(), &batch);
    }

    #[test]
    fn prost_agrees_on_what_is_no_request(
        batch in strategies::api_v2_batch(), changes in changes()
    ) {
        let mut bytes = Vec::new();
        api_v2::encode_post_spans(&batch, &mut bytes);
        assert_agreement(&changed(bytes, &changes));
    }
}

#[test]
fn prost_agrees_on_a_sample_with_any_bit_flipped() {
    let mut bytes = samples::api_v2();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert_agreement(&bytes);
            bytes[at] ^= 1 << bit;
        }
    }
}

/// The intended differences from prost: this crate checks the lengths of ids and requires a span to
/// have them, and accepts text that is not UTF-8.
fn assert_agreement(bytes: &[u8]) {
    let theirs = generated::PostSpansRequest::decode(bytes);
    match (api_v2::decode_post_spans(bytes), theirs) {
        (Ok(ours), Ok(theirs)) => assert_same(&normal(request(&ours)), &normal(theirs)),
        (Ok(ours), Err(theirs)) => {
            assert!(
                theirs.to_string().contains("not UTF-8"),
                "{theirs}: {ours:?}"
            );
        }
        (Err(ours), Ok(_)) => assert!(
            matches!(
                ours.kind,
                DecodeErrorKind::WrongLength { .. } | DecodeErrorKind::Missing { .. }
            ),
            "{ours}"
        ),
        (Err(_), Err(_)) => {}
    }
}

/// Removes from a request what this crate does not keep: values beside the one of the tag's type,
/// unknown numbers of enums, and the form of a time.
fn normal(request: generated::PostSpansRequest) -> generated::PostSpansRequest {
    let mut batch = request.batch.unwrap_or_default();
    batch.process.iter_mut().for_each(normalize_process);
    for span in &mut batch.spans {
        // An id of eight bytes is the low half of one of sixteen.
        normalize_trace_id(&mut span.trace_id);
        for reference in &mut span.references {
            normalize_trace_id(&mut reference.trace_id);
            reference.span_id.resize(8, 0);
            reference.ref_type = i32::from(reference.ref_type != 0);
        }
        span.start_time = Some(timestamp(nanos(span.start_time)));
        let length = span.duration.unwrap_or_default();
        span.duration = Some(duration(total(length.seconds, length.nanos)));
        normalize_tags(&mut span.tags);
        for log in &mut span.logs {
            log.timestamp = Some(timestamp(nanos(log.timestamp)));
            normalize_tags(&mut log.fields);
        }
        span.process.iter_mut().for_each(normalize_process);
    }
    generated::PostSpansRequest { batch: Some(batch) }
}

fn normalize_process(process: &mut generated::Process) {
    normalize_tags(&mut process.tags);
}

fn normalize_trace_id(id: &mut Vec<u8>) {
    let missing = 16 - id.len();
    id.splice(0..0, std::iter::repeat_n(0, missing));
}

fn normalize_tags(tags: &mut [generated::KeyValue]) {
    for tag in tags {
        let old = std::mem::take(tag);
        let v_type = old.v_type();
        tag.key = old.key;
        tag.set_v_type(v_type);
        match v_type {
            generated::ValueType::Bool => tag.v_bool = old.v_bool,
            generated::ValueType::Int64 => tag.v_int64 = old.v_int64,
            generated::ValueType::Float64 => tag.v_float64 = old.v_float64,
            generated::ValueType::Binary => tag.v_binary = old.v_binary,
            // Both read a value of an unknown type as text.
            generated::ValueType::String => tag.v_str = old.v_str,
        }
    }
}

fn nanos(time: Option<Timestamp>) -> i128 {
    let time = time.unwrap_or_default();
    total(time.seconds, time.nanos)
}

fn total(seconds: i64, nanos: i32) -> i128 {
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    let earliest = i128::from(i64::MIN) * 1_000_000_000;
    total.clamp(earliest, i128::from(i64::MAX) * 1_000_000_000 + 999_999_999)
}

/// Converts `batch` to prost's type.
fn request(batch: &Batch<'_>) -> generated::PostSpansRequest {
    let batch = generated::Batch {
        spans: batch.spans.iter().map(span).collect(),
        process: batch.process.as_ref().map(process),
    };
    generated::PostSpansRequest { batch: Some(batch) }
}

fn span(span: &Span<'_>) -> generated::Span {
    generated::Span {
        trace_id: span.trace_id.to_vec(),
        span_id: span.span_id.to_vec(),
        operation_name: span.operation_name.clone().into_owned(),
        references: span.references.iter().map(reference).collect(),
        flags: span.flags,
        start_time: Some(timestamp(span.start_time)),
        duration: Some(duration(span.duration)),
        tags: span.tags.iter().map(tag).collect(),
        logs: span.logs.iter().map(log).collect(),
        process: span.process.as_ref().map(process),
        process_id: span.process_id.clone().into_owned(),
        warnings: span.warnings.iter().map(ToString::to_string).collect(),
    }
}

fn reference(reference: &SpanRef) -> generated::SpanRef {
    let ref_type = match reference.ref_type {
        RefType::ChildOf => generated::SpanRefType::ChildOf,
        RefType::FollowsFrom => generated::SpanRefType::FollowsFrom,
    };
    generated::SpanRef {
        trace_id: reference.trace_id.to_vec(),
        span_id: reference.span_id.to_vec(),
        ref_type: ref_type.into(),
    }
}

fn log(log: &Log<'_>) -> generated::Log {
    generated::Log {
        timestamp: Some(timestamp(log.timestamp)),
        fields: log.fields.iter().map(tag).collect(),
    }
}

fn process(process: &Process<'_>) -> generated::Process {
    generated::Process {
        service_name: process.service_name.clone().into_owned(),
        tags: process.tags.iter().map(tag).collect(),
    }
}

fn tag(tag: &Tag<'_>) -> generated::KeyValue {
    let mut written = generated::KeyValue {
        key: tag.key.clone().into_owned(),
        ..generated::KeyValue::default()
    };
    let v_type = match &tag.value {
        TagValue::String(value) => {
            written.v_str = value.clone().into_owned();
            generated::ValueType::String
        }
        TagValue::Double(value) => {
            written.v_float64 = *value;
            generated::ValueType::Float64
        }
        TagValue::Bool(value) => {
            written.v_bool = *value;
            generated::ValueType::Bool
        }
        TagValue::Long(value) => {
            written.v_int64 = *value;
            generated::ValueType::Int64
        }
        TagValue::Binary(value) => {
            written.v_binary = value.clone().into_owned();
            generated::ValueType::Binary
        }
    };
    written.set_v_type(v_type);
    written
}

fn timestamp(nanos: i128) -> Timestamp {
    Timestamp {
        seconds: nanos.div_euclid(1_000_000_000).try_into().unwrap(),
        nanos: nanos.rem_euclid(1_000_000_000).try_into().unwrap(),
    }
}

fn duration(nanos: i128) -> Duration {
    Duration {
        seconds: (nanos / 1_000_000_000).try_into().unwrap(),
        nanos: (nanos % 1_000_000_000).try_into().unwrap(),
    }
}
