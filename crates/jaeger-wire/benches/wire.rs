//! Benchmarks encoding and decoding of 512 spans with 12 attributes and one event, in each
//! protocol.
//!
//! Run with `cargo bench -p jaeger-wire`; "fastest" divided by 512 is the time per span. The
//! encoders write into a reused buffer, which shows that they allocate nothing.

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher, black_box};
use jaeger_wire::thrift::{self, binary, compact};
use jaeger_wire::{Process, RefType, SpanRef, Tag, api_v2};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const SPANS: u64 = 512;

fn main() {
    divan::main();
}

#[divan::bench]
fn encode_thrift_binary(bencher: Bencher<'_, '_>) {
    let batch = thrift_batch();
    encode(bencher, |out| binary::encode_batch(black_box(&batch), out));
}

#[divan::bench]
fn encode_thrift_compact(bencher: Bencher<'_, '_>) {
    let batch = thrift_batch();
    encode(bencher, |out| compact::encode_batch(black_box(&batch), out));
}

#[divan::bench]
fn encode_api_v2(bencher: Bencher<'_, '_>) {
    let batch = api_v2_batch();
    encode(bencher, |out| {
        api_v2::encode_post_spans(black_box(&batch), out);
    });
}

#[divan::bench]
fn decode_thrift_binary(bencher: Bencher<'_, '_>) {
    let mut bytes = Vec::new();
    binary::encode_batch(&thrift_batch(), &mut bytes);
    decode(bencher, &bytes, |bytes| {
        binary::decode_batch(bytes).map_or(0, |batch| batch.spans.len())
    });
}

#[divan::bench]
fn decode_thrift_compact(bencher: Bencher<'_, '_>) {
    let mut bytes = Vec::new();
    compact::encode_batch(&thrift_batch(), &mut bytes);
    decode(bencher, &bytes, |bytes| {
        compact::decode_batch(bytes).map_or(0, |batch| batch.spans.len())
    });
}

#[divan::bench]
fn decode_api_v2(bencher: Bencher<'_, '_>) {
    let mut bytes = Vec::new();
    api_v2::encode_post_spans(&api_v2_batch(), &mut bytes);
    decode(bencher, &bytes, |bytes| {
        api_v2::decode_post_spans(bytes).map_or(0, |batch| batch.spans.len())
    });
}

fn encode(bencher: Bencher<'_, '_>, encode: impl Fn(&mut Vec<u8>)) {
    let mut out = Vec::new();
    encode(&mut out);
    bencher
        .counter(ItemsCount::new(SPANS))
        .counter(BytesCount::new(out.len()))
        .bench_local(|| {
            out.clear();
            encode(&mut out);
            black_box(out.len())
        });
}

fn decode(bencher: Bencher<'_, '_>, bytes: &[u8], decode: impl Fn(&[u8]) -> usize) {
    bencher
        .counter(ItemsCount::new(SPANS))
        .counter(BytesCount::new(bytes.len()))
        .bench_local(|| decode(black_box(bytes)));
}

fn tags() -> Vec<Tag<'static>> {
    vec![
        Tag::new("http.request.method", "GET"),
        Tag::new("url.scheme", "https"),
        Tag::new("url.path", "/api/v1/users/42/orders"),
        Tag::new("http.route", "/api/v1/users/{user}/orders"),
        Tag::new("http.response.status_code", 200),
        Tag::new("server.address", "shop.example.com"),
        Tag::new("server.port", 443),
        Tag::new("network.peer.address", "10.1.2.3"),
        Tag::new("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)"),
        Tag::new("cache.hit", false),
        Tag::new("cache.ratio", 0.75),
        Tag::new("span.kind", "server"),
    ]
}

fn event() -> Vec<Tag<'static>> {
    vec![
        Tag::new("event", "retry"),
        Tag::new("attempt", 2),
        Tag::new("reason", "timeout"),
    ]
}

fn process() -> Process<'static> {
    Process {
        service_name: "shop".into(),
        tags: tags(),
    }
}

fn thrift_batch() -> thrift::Batch<'static> {
    let span = |index: u64| thrift::Span {
        trace_id: [0xa7; 16],
        span_id: (0x9e37_79b9_7f4a_7c15 ^ index).to_be_bytes(),
        parent_span_id: 0x517c_c1b7_2722_0a95_u64.to_be_bytes(),
        operation_name: "GET /api/v1/users/{user}/orders".into(),
        flags: 1,
        start_time: 1_700_000_000_000_000,
        duration: 12_345,
        tags: tags(),
        logs: vec![thrift::Log {
            timestamp: 1_700_000_000_001_000,
            fields: event(),
        }],
        ..thrift::Span::default()
    };
    thrift::Batch {
        process: process(),
        spans: (0..SPANS).map(span).collect(),
    }
}

fn api_v2_batch() -> api_v2::Batch<'static> {
    let span = |index: u64| api_v2::Span {
        trace_id: [0xa7; 16],
        span_id: (0x9e37_79b9_7f4a_7c15 ^ index).to_be_bytes(),
        operation_name: "GET /api/v1/users/{user}/orders".into(),
        references: vec![SpanRef {
            ref_type: RefType::ChildOf,
            trace_id: [0xa7; 16],
            span_id: 0x517c_c1b7_2722_0a95_u64.to_be_bytes(),
        }],
        flags: 1,
        start_time: 1_700_000_000_000_000_000,
        duration: 12_345_678,
        tags: tags(),
        logs: vec![api_v2::Log {
            timestamp: 1_700_000_000_001_000_000,
            fields: event(),
        }],
        ..api_v2::Span::default()
    };
    api_v2::Batch {
        spans: (0..SPANS).map(span).collect(),
        process: Some(process()),
    }
}
