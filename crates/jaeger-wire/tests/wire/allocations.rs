//! Checks allocations: encoders allocate nothing, and decoders only as much as their input
//! justifies.

use allocation_counter::{AllocationInfo, measure};
use jaeger_wire::thrift::{self, binary, compact};
use jaeger_wire::{DecodeError, Process, RefType, SpanRef, Tag, api_v2};

/// The most memory that a decoder may hold at any time, for each byte of its input. A Thrift list
/// is accepted if its smallest elements fit, and lists nest three deep.
pub(crate) const THRIFT_FACTOR: u64 = 32;
/// An empty protobuf tag has two bytes, and a process that arrives in parts grows by doubling.
pub(crate) const API_V2_FACTOR: u64 = 48;

#[test]
fn encoding_into_a_warm_buffer_allocates_nothing() {
    let (thrift, api_v2) = (thrift_batch(), api_v2_batch());
    check_encoder(|out| {
        binary::begin_message(out);
        binary::encode_batch(&thrift, out);
        binary::end_message(out);
    });
    check_encoder(|out| {
        compact::begin_message(out);
        compact::encode_batch(&thrift, out);
        compact::end_message(out);
    });
    check_encoder(|out| api_v2::encode_post_spans(&api_v2, out));
}

fn check_encoder(encode: impl Fn(&mut Vec<u8>)) {
    let mut out = Vec::new();
    encode(&mut out);
    out.clear();
    let used = measure(|| encode(&mut out));
    assert_eq!(used.count_total, 0, "{used:?}");
    assert!(!out.is_empty());
}

#[test]
fn decoding_allocates_its_lists_and_no_text() {
    let mut bytes = Vec::new();
    binary::encode_batch(&thrift_batch(), &mut bytes);
    // The spans and the process's tags; for each span its references, tags, logs and fields.
    let used = measure(|| drop(binary::decode_batch(&bytes)));
    assert_eq!(used.count_total, 2 + 4 * SPANS, "{used:?}");

    bytes.clear();
    compact::encode_batch(&thrift_batch(), &mut bytes);
    let used = measure(|| drop(compact::decode_batch(&bytes)));
    assert_eq!(used.count_total, 2 + 4 * SPANS, "{used:?}");

    bytes.clear();
    api_v2::encode_post_spans(&api_v2_batch(), &mut bytes);
    let used = measure(|| drop(api_v2::decode_post_spans(&bytes)));
    assert_eq!(used.count_total, 2 + 4 * SPANS, "{used:?}");
}

#[test]
fn a_false_claim_allocates_no_more_than_the_bytes_justify() {
    let padding = vec![0; 100_000];
    // As many spans and tags as can be claimed: spans, the first of which has tags, and tags of the
    // process.
    let spans = [&[15, 0, 2, 12, 0, 0, 4, 0xd2], &padding[..]].concat();
    check(&spans, THRIFT_FACTOR, binary::decode_batch);
    let tags = [&[12, 0, 1, 15, 0, 2, 12, 0, 0, 0x1a, 0], &padding[..]].concat();
    check(&tags, THRIFT_FACTOR, binary::decode_batch);
    let head = [0x29, 0xfc, 0xfa, 0x2d];
    check(
        &[&head, &padding[..]].concat(),
        THRIFT_FACTOR,
        compact::decode_batch,
    );
    let logs_in_span = [
        0x16, 2, 0x16, 2, 0x16, 2, 0x16, 0, 0x18, 0, 0x25, 2, 0x16, 2, 0x16, 2, 0x29, 0xfc, 0xa0,
        0x9c, 1, 0x16, 2, 0x19, 0xfc, 0xa0, 0x9c, 1, 0x1f,
    ];
    check(
        &[&head, &logs_in_span[..], &padding].concat(),
        THRIFT_FACTOR,
        compact::decode_batch,
    );
}

#[test]
fn the_smallest_elements_take_no_more_than_the_bytes_justify() {
    const MANY: usize = 20_000;
    // Empty tags, references, logs and warnings, and spans that have only their ids.
    let ids = [&[0x0a, 8][..], &[1; 8], &[0x12, 8], &[2; 8]].concat();
    for element in [[0x42, 0], [0x22, 0], [0x4a, 0], [0x62, 0]] {
        let span = [&ids[..], &element.repeat(MANY)].concat();
        check(
            &request(&message(0x0a, &span)),
            API_V2_FACTOR,
            api_v2::decode_post_spans,
        );
    }
    let spans = message(0x0a, &ids).repeat(MANY);
    check(&request(&spans), API_V2_FACTOR, api_v2::decode_post_spans);
    // A process in many parts of one tag each.
    let processes = [0x12, 2, 0x12, 0].repeat(MANY);
    check(
        &request(&processes),
        API_V2_FACTOR,
        api_v2::decode_post_spans,
    );

    // In the compact protocol: tags of the smallest size, in the process and in a log.
    let tag = [0x18, 0, 0x15, 0, 0];
    let tags = [&[0xfc, 0xa0, 0x9c, 1], &tag.repeat(MANY)[..]].concat();
    let process = [&[0x1c, 0x18, 0, 0x19], &tags[..], &[0]].concat();
    let batch = [&process[..], &[0x19, 0x0c, 0]].concat();
    check(&batch, THRIFT_FACTOR, compact::decode_batch);
}

#[test]
fn memory_is_not_moved_again_and_again() {
    const MANY: usize = 20_000;
    let bytes = request(&[0x12, 2, 0x12, 0].repeat(MANY));
    let used = measure(|| drop(api_v2::decode_post_spans(&bytes)));
    assert!(used.count_total < 50, "{used:?}");
}

/// Decodes, and checks the most memory held meanwhile.
pub(crate) fn check<'a, T>(
    bytes: &'a [u8],
    factor: u64,
    decode: impl Fn(&'a [u8]) -> Result<T, DecodeError>,
) {
    let used: AllocationInfo = measure(|| drop(decode(bytes)));
    let allowed = bytes.len() as u64 * factor;
    assert!(
        used.bytes_max <= allowed,
        "{used:?} for {} bytes, {:?}",
        bytes.len(),
        decode(bytes).err()
    );
}

fn request(batch: &[u8]) -> Vec<u8> {
    message(0x0a, batch)
}

/// A protobuf field with that key and content.
fn message(key: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    api_v2::begin_post_spans(content.len(), &mut out);
    out[0] = key;
    out.extend_from_slice(content);
    out
}

const SPANS: u64 = 100;

fn tags() -> Vec<Tag<'static>> {
    let text = Tag::new("http.request.method", "GET");
    vec![text, Tag::new("retries", 3), Tag::new("ratio", 0.5)]
}

fn references() -> Vec<SpanRef> {
    vec![SpanRef {
        ref_type: RefType::ChildOf,
        trace_id: [1; 16],
        span_id: [2; 8],
    }]
}

fn process() -> Process<'static> {
    Process {
        service_name: "shop".into(),
        tags: tags(),
    }
}

fn thrift_batch() -> thrift::Batch<'static> {
    let span = |_| thrift::Span {
        operation_name: "GET /".into(),
        references: references(),
        tags: tags(),
        logs: vec![thrift::Log {
            timestamp: 1,
            fields: tags(),
        }],
        ..thrift::Span::default()
    };
    thrift::Batch {
        process: process(),
        spans: (0..SPANS).map(span).collect(),
    }
}

fn api_v2_batch() -> api_v2::Batch<'static> {
    let span = |_| api_v2::Span {
        operation_name: "GET /".into(),
        references: references(),
        tags: tags(),
        logs: vec![api_v2::Log {
            timestamp: 1,
            fields: tags(),
        }],
        ..api_v2::Span::default()
    };
    api_v2::Batch {
        spans: (0..SPANS).map(span).collect(),
        process: Some(process()),
    }
}
