//! Tests that Jaeger's own protocols result in the same span as OTLP.

use std::time::Duration;

use jaeger_wire::thrift::{binary, compact};
use jaeger_wire::{Process, RefType, SpanRef, Tag, TagValue, api_v2, thrift};

use tokio::net::UdpSocket;

use crate::protocols::{assert_brought, call, stored};
use crate::support::{Backend, get, get_json, post};

fn tag(key: &'static str, value: TagValue<'static>) -> Tag<'static> {
    Tag {
        key: key.into(),
        value,
    }
}

fn string(key: &'static str, value: &'static str) -> Tag<'static> {
    tag(key, TagValue::String(value.into()))
}

/// The fields of OTLP that are sent as attributes.
fn tags() -> Vec<Tag<'static>> {
    vec![
        string("otel.scope.name", "lib"),
        string("otel.scope.version", "1.0"),
        string("text", "value"),
        tag("yes", TagValue::Bool(true)),
        tag("int", TagValue::Long(-7)),
        tag("double", TagValue::Double(0.5)),
        tag("bytes", TagValue::Binary(vec![0, 255].into())),
        string("span.kind", "client"),
        string("otel.status_code", "ERROR"),
        tag("error", TagValue::Bool(true)),
        string("otel.status_description", "it broke"),
        string("w3c.tracestate", "vendor=1"),
    ]
}

fn references() -> Vec<SpanRef> {
    vec![
        SpanRef {
            ref_type: RefType::ChildOf,
            trace_id: [0xa1; 16],
            span_id: [0xc3; 8],
        },
        SpanRef {
            ref_type: RefType::FollowsFrom,
            trace_id: [0xd4; 16],
            span_id: [0xe5; 8],
        },
    ]
}

fn process() -> Process<'static> {
    Process {
        service_name: "shop".into(),
        tags: vec![string("zone", "z1")],
    }
}

fn log_fields() -> Vec<Tag<'static>> {
    vec![string("event", "cached"), string("key", "k")]
}

fn thrift_span() -> thrift::Span<'static> {
    thrift::Span {
        trace_id: [0xa1; 16],
        span_id: [0xb2; 8],
        parent_span_id: [0xc3; 8],
        operation_name: "GET /".into(),
        references: references(),
        flags: 1,
        start_time: 1_700_000_000_000_001,
        duration: 2,
        tags: tags(),
        logs: vec![thrift::Log {
            timestamp: 1_700_000_000_000_002,
            fields: log_fields(),
        }],
    }
}

fn thrift_batch(spans: Vec<thrift::Span<'_>>) -> Vec<u8> {
    let batch = thrift::Batch {
        process: process(),
        spans,
    };
    let mut bytes = Vec::new();
    binary::encode_batch(&batch, &mut bytes);
    bytes
}

fn proto_batch(on_the_span: bool) -> Vec<u8> {
    let span = api_v2::Span {
        trace_id: [0xa1; 16],
        span_id: [0xb2; 8],
        operation_name: "GET /".into(),
        references: references(),
        flags: 1,
        start_time: 1_700_000_000_000_001_000,
        duration: 2_000,
        tags: tags(),
        logs: vec![api_v2::Log {
            timestamp: 1_700_000_000_000_002_000,
            fields: log_fields(),
        }],
        process: on_the_span.then(process),
        ..api_v2::Span::default()
    };
    let batch = api_v2::Batch {
        spans: vec![span],
        process: (!on_the_span).then(process),
    };
    let mut bytes = Vec::new();
    api_v2::encode_post_spans(&batch, &mut bytes);
    bytes
}

#[tokio::test]
async fn thrift_over_http_brings_the_span() {
    for content_type in [
        "application/x-thrift",
        "application/vnd.apache.thrift.binary; charset=x",
    ] {
        let backend = Backend::in_memory();
        let url = backend.jaeger_thrift("/api/traces?format=jaeger.thrift");
        let answer = post(&url, content_type, thrift_batch(vec![thrift_span()])).await;
        assert_eq!(answer, (202, Vec::new()));
        assert_brought(&backend).await;
    }
}

#[tokio::test]
async fn grpc_brings_the_span_wherever_its_process_is() {
    for on_the_span in [false, true] {
        let backend = Backend::in_memory();
        let message = proto_batch(on_the_span);
        let answer = call(backend.jaeger_grpc(), api_v2::POST_SPANS, message, None).await;
        assert_eq!(answer.unwrap(), "");
        assert_brought(&backend).await;
    }
}

#[tokio::test]
async fn a_span_that_is_not_valid_costs_only_itself() {
    let backend = Backend::in_memory();
    let without_id = thrift::Span {
        span_id: [0; 8],
        ..thrift_span()
    };
    let body = thrift_batch(vec![without_id, thrift_span()]);
    let url = backend.jaeger_thrift("/api/traces");
    assert_eq!(post(&url, "application/x-thrift", body).await.0, 202);
    stored(&backend).await;
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_as_jaeger_refuses_it() {
    let backend = Backend::in_memory();
    let url = backend.jaeger_thrift("/api/traces");
    let refused = async |content_type: &str, body: &[u8]| {
        let (status, text) = post(&url, content_type, body.to_vec()).await;
        (status, String::from_utf8(text).unwrap())
    };
    assert_eq!(
        refused("text/plain", b"").await,
        (400, "Unsupported content type: text/plain\n".into())
    );
    let (status, text) = refused("application/x-thrift", b"garbage").await;
    assert_eq!(status, 400);
    assert!(
        text.starts_with("Unable to process request body: "),
        "{text}"
    );
    assert_eq!(get(&url).await.0, 405);
    let grpc = call(backend.jaeger_grpc(), api_v2::POST_SPANS, vec![0xff], None).await;
    assert_eq!(grpc.unwrap_err().code(), tonic::Code::InvalidArgument);
}

#[tokio::test]
async fn datagrams_bring_the_span() {
    let batch = thrift::Batch {
        process: process(),
        spans: vec![thrift_span()],
    };
    let mut compact_message = Vec::new();
    compact::begin_message(&mut compact_message);
    compact::encode_batch(&batch, &mut compact_message);
    compact::end_message(&mut compact_message);
    let mut strict = Vec::new();
    binary::begin_message(&mut strict);
    binary::encode_batch(&batch, &mut strict);
    binary::end_message(&mut strict);
    // The old form without a version: the name, the type, the sequence number.
    let body = strict.get(4 + 4 + 9 + 4..).unwrap();
    let old = [b"\0\0\0\x09emitBatch\x04\0\0\0\0".as_slice(), body].concat();

    for (what, message) in [
        ("Jaeger Thrift compact", compact_message),
        ("Jaeger Thrift binary", strict),
        ("Jaeger Thrift binary", old),
    ] {
        let backend = Backend::in_memory();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = backend.address(what);
        // An invalid datagram affects no other.
        socket.send_to(b"\x82garbage", &address).await.unwrap();
        socket.send_to(&message, &address).await.unwrap();
        found(&backend).await;
        assert_brought(&backend).await;
    }
}

/// Waits until the span is found, since a datagram is not acknowledged.
async fn found(backend: &Backend) {
    let url = backend.ui(&format!("/api/traces/{}", "a1".repeat(16)));
    let found = async { while get(&url).await.0 != 200 {} };
    let patience = Duration::from_mins(1);
    tokio::time::timeout(patience, found).await.unwrap();
}

#[tokio::test]
async fn datagrams_that_have_arrived_are_stored_before_the_program_ends() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = backend.address("Jaeger Thrift compact");
    for span_id in 1..=100 {
        let batch = thrift::Batch {
            process: process(),
            spans: vec![thrift::Span {
                span_id: [span_id; 8],
                ..thrift_span()
            }],
        };
        let mut message = Vec::new();
        compact::begin_message(&mut message);
        compact::encode_batch(&batch, &mut message);
        compact::end_message(&mut message);
        socket.send_to(&message, &address).await.unwrap();
    }
    assert!(backend.terminate().status.success());

    let backend = Backend::in_directory(directory.path());
    let trace = get_json(&backend.ui(&format!("/api/traces/{}", "a1".repeat(16)))).await;
    assert_eq!(trace["data"][0]["spans"].as_array().unwrap().len(), 100);
}
