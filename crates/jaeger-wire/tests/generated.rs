//! The protobuf code is hand-written for speed, so it is held against code that is generated from
//! the .proto: what one writes, the other reads, and both agree.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected has failed"
)]

mod support;

use std::{env, fs, path::Path};

use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue, api_v2};
use proptest::prelude::*;
use prost::Message;
use support::any_api_v2_batch;

#[allow(
    clippy::pedantic,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "generated"
)]
mod oracle {
    include!("generated/jaeger.api_v2.rs");
}

const NANOS: i128 = 1_000_000_000;

/// `UPDATE_GENERATED=1 cargo test -p jaeger-wire --test generated` writes the file anew.
#[test]
fn the_generated_code_is_what_the_proto_generates() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let proto = folder.join("proto");
    let files = protox::compile(["jaeger_api_v2.proto"], [&proto]).unwrap();
    let out = tempfile::tempdir().unwrap();
    prost_build::Config::new()
        .out_dir(out.path())
        .compile_fds(files)
        .unwrap();
    let generated = fs::read_to_string(out.path().join("jaeger.api_v2.rs")).unwrap();

    let committed = folder.join("tests/generated/jaeger.api_v2.rs");
    if env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&committed, &generated).unwrap();
    }
    assert!(
        fs::read_to_string(&committed).unwrap() == generated,
        "the .proto and tests/generated differ; UPDATE_GENERATED=1 writes the file anew"
    );
}

proptest! {
    #[test]
    fn what_we_write_the_oracle_reads(batch in any_api_v2_batch()) {
        let mut bytes = Vec::new();
        api_v2::encode_post_spans(&batch, &mut bytes);
        let read = oracle::PostSpansRequest::decode(bytes.as_slice()).unwrap();
        prop_assert_eq!(read, request(&batch));
    }

    #[test]
    fn what_the_oracle_writes_we_read(batch in any_api_v2_batch()) {
        let bytes = request(&batch).encode_to_vec();
        prop_assert_eq!(api_v2::decode_post_spans(&bytes).unwrap(), batch);
    }
}

fn request(batch: &api_v2::Batch<'_>) -> oracle::PostSpansRequest {
    oracle::PostSpansRequest {
        batch: Some(oracle::Batch {
            spans: batch.spans.iter().map(span).collect(),
            process: batch.process.as_ref().map(process),
        }),
    }
}

fn span(span: &api_v2::Span<'_>) -> oracle::Span {
    oracle::Span {
        trace_id: span.trace_id.into(),
        span_id: span.span_id.into(),
        operation_name: span.operation_name.to_string(),
        references: span.references.iter().map(reference).collect(),
        flags: span.flags,
        start_time: Some(timestamp(span.start_time)),
        duration: Some(duration(span.duration)),
        tags: span.tags.iter().map(tag).collect(),
        logs: span
            .logs
            .iter()
            .map(|log| oracle::Log {
                timestamp: Some(timestamp(log.timestamp)),
                fields: log.fields.iter().map(tag).collect(),
            })
            .collect(),
        process: span.process.as_ref().map(process),
        process_id: span.process_id.to_string(),
        warnings: span.warnings.iter().map(ToString::to_string).collect(),
    }
}

/// The nanoseconds of a timestamp count forward, those of a duration have its sign.
fn timestamp(nanos: i128) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: nanos.div_euclid(NANOS).try_into().unwrap(),
        nanos: nanos.rem_euclid(NANOS).try_into().unwrap(),
    }
}

fn duration(nanos: i128) -> prost_types::Duration {
    prost_types::Duration {
        seconds: (nanos / NANOS).try_into().unwrap(),
        nanos: (nanos % NANOS).try_into().unwrap(),
    }
}

fn reference(reference: &SpanRef) -> oracle::SpanRef {
    let ref_type = match reference.ref_type {
        RefType::ChildOf => oracle::SpanRefType::ChildOf,
        RefType::FollowsFrom => oracle::SpanRefType::FollowsFrom,
    };
    oracle::SpanRef {
        trace_id: reference.trace_id.into(),
        span_id: reference.span_id.into(),
        ref_type: ref_type.into(),
    }
}

fn process(process: &Process<'_>) -> oracle::Process {
    oracle::Process {
        service_name: process.service_name.to_string(),
        tags: process.tags.iter().map(tag).collect(),
    }
}

fn tag(tag: &Tag<'_>) -> oracle::KeyValue {
    let mut pair = oracle::KeyValue {
        key: tag.key.to_string(),
        ..oracle::KeyValue::default()
    };
    match &tag.value {
        TagValue::String(value) => pair.v_str = value.to_string(),
        TagValue::Bool(value) => {
            pair.set_v_type(oracle::ValueType::Bool);
            pair.v_bool = *value;
        }
        TagValue::Long(value) => {
            pair.set_v_type(oracle::ValueType::Int64);
            pair.v_int64 = *value;
        }
        TagValue::Double(value) => {
            pair.set_v_type(oracle::ValueType::Float64);
            pair.v_float64 = *value;
        }
        TagValue::Binary(value) => {
            pair.set_v_type(oracle::ValueType::Binary);
            pair.v_binary = value.to_vec();
        }
    }
    pair
}
