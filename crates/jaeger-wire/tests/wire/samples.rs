//! Sample batches for tests.

use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue, api_v2, thrift};

/// Tags of every type.
pub(crate) fn tags() -> Vec<Tag<'static>> {
    let values = [
        TagValue::String("żółć 🦀".into()),
        TagValue::Double(-0.5),
        TagValue::Bool(true),
        TagValue::Bool(false),
        TagValue::Long(i64::MIN),
        TagValue::Binary(vec![0, 255].into()),
    ];
    let tag = |(index, value)| Tag {
        key: format!("tag {index}").into(),
        value,
    };
    values.into_iter().enumerate().map(tag).collect()
}

pub(crate) fn process() -> Process<'static> {
    Process {
        service_name: "shop".into(),
        tags: tags(),
    }
}

fn references() -> Vec<SpanRef> {
    let reference = |ref_type| SpanRef {
        ref_type,
        trace_id: [0xf1; 16],
        span_id: [0xf2; 8],
    };
    vec![reference(RefType::ChildOf), reference(RefType::FollowsFrom)]
}

/// A Thrift batch of two spans: one with every field, one with none.
pub(crate) fn thrift_batch() -> thrift::Batch<'static> {
    let span = thrift::Span {
        trace_id: [0x81; 16],
        span_id: [0x82; 8],
        parent_span_id: [0x03; 8],
        operation_name: "GET /".into(),
        references: references(),
        flags: -1,
        start_time: 1_700_000_000_000_000,
        duration: 42,
        tags: tags(),
        logs: vec![
            thrift::Log {
                timestamp: -1,
                fields: tags(),
            },
            thrift::Log::default(),
        ],
    };
    thrift::Batch {
        process: process(),
        spans: vec![span, thrift::Span::default()],
    }
}

/// Like [`thrift_batch`], in protobuf.
pub(crate) fn api_v2_batch() -> api_v2::Batch<'static> {
    let span = api_v2::Span {
        trace_id: [0x81; 16],
        span_id: [0x82; 8],
        operation_name: "GET /".into(),
        references: references(),
        flags: u32::MAX,
        start_time: 1_700_000_000_000_000_001,
        duration: -42,
        tags: tags(),
        logs: vec![
            api_v2::Log {
                timestamp: -1,
                fields: tags(),
            },
            api_v2::Log::default(),
        ],
        process: Some(Process::default()),
        process_id: "p1".into(),
        warnings: vec!["".into(), "clock skew".into()],
    };
    api_v2::Batch {
        spans: vec![span, api_v2::Span::default()],
        process: Some(process()),
    }
}

pub(crate) fn binary() -> Vec<u8> {
    let mut out = Vec::new();
    thrift::binary::encode_batch(&thrift_batch(), &mut out);
    out
}

pub(crate) fn compact() -> Vec<u8> {
    let mut out = Vec::new();
    thrift::compact::encode_batch(&thrift_batch(), &mut out);
    out
}

pub(crate) fn api_v2() -> Vec<u8> {
    let mut out = Vec::new();
    api_v2::encode_post_spans(&api_v2_batch(), &mut out);
    out
}
