//! Tests that requests over a limit are refused with the right error, and affect nothing that was
//! accepted.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::protocols::{EXPORT, call, request, span};
use crate::support::{Backend, command, get, of_service, post, refused};

const PROTOBUF: &str = "application/x-protobuf";

/// An `ExportTraceServiceRequest` with a message of so many bytes in place of each span.
fn spans_of(message: &[u8], count: usize) -> Vec<u8> {
    let field = |bytes: &[u8]| {
        let mut out = vec![0x12];
        prost::encoding::encode_varint(bytes.len() as u64, &mut out);
        [out, bytes.to_vec()].concat()
    };
    let scope_spans = field(message).repeat(count);
    let mut request = field(&field(&scope_spans));
    // Spans are in field 2 of their parent; this message is in field 2 too, but of a field 1.
    request[0] = 0x0a;
    request
}

#[tokio::test]
async fn each_limit_of_a_request_is_named_when_it_is_exceeded() {
    let limits = "body=2000,decompressed=3000,spans=2,attribute=100";
    let backend = Backend::start(&["--memory", "--limits", limits]);
    let url = backend.otlp_http("/v1/traces");
    let refused = async |body: Vec<u8>| {
        let (status, body) = post(&url, "application/json", body).await;
        let answer: Value = serde_json::from_slice(&body).unwrap();
        (status, answer)
    };
    assert_eq!(
        refused(vec![b' '; 2001]).await,
        (
            413,
            json!({"code": 8, "message": "request body is larger than 2000 bytes"})
        )
    );
    let three = of_service("s", &vec![json!({}); 3]).to_string();
    let message = "the request has more than 2 spans: send fewer at once";
    assert_eq!(
        refused(three.into()).await,
        (413, json!({"code": 8, "message": message}))
    );
    let span = |value: &str| {
        json!({"traceId": "a1".repeat(16), "spanId": "b2".repeat(8), "attributes": [
            {"key": "k", "value": {"stringValue": value}}]})
    };
    let spans = of_service("s", &[span(&"x".repeat(100)), span("short")]).to_string();
    let message = "attribute 'k' has 101 bytes; the limit is 100";
    assert_eq!(
        refused(spans.into()).await,
        (
            200,
            json!({"partialSuccess": {"rejectedSpans": "1", "errorMessage": message}})
        )
    );
    assert_eq!(
        get(&backend.ui(&format!("/api/traces/{}", "a1".repeat(16))))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn grpc_says_resource_exhausted() {
    let limits = "body=100000,spans=2,elements=1000";
    let backend = Backend::start(&["--memory", "--limits", limits]);
    for message in [
        vec![0; 100_001],
        request(vec![span(), span(), span()]),
        // Spans with a thousand empty attributes each.
        spans_of(&[0x4a, 0].repeat(1000), 2),
    ] {
        let refusal = call(backend.otlp_grpc(), EXPORT, message, None)
            .await
            .unwrap_err();
        assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal}");
        // The same request would never be accepted, so no delay for a retry is given.
        assert!(refusal.get_details_retry_info().is_none());
    }
}

/// Sends the start of a request, and nothing more.
async fn begin_request(url: &str, sent: usize, length: usize) -> TcpStream {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\n\
         content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![0; sent]).await.unwrap();
    stream
}

/// Waits until so many bytes are being received.
async fn await_queue(backend: &Backend, bytes: u64) {
    while metric(backend, "otel_backend_queue_bytes").await < bytes {}
}

pub(crate) async fn metric(backend: &Backend, name: &str) -> u64 {
    let (_, text) = get(&backend.ui("/metrics")).await;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0, |value| value.parse().unwrap())
}

#[tokio::test]
async fn a_full_queue_says_when_to_try_again() {
    let backend = Backend::start(&["--memory", "--limits", "queue=100000"]);
    let slow = begin_request(&backend.otlp_http(""), 90_000, 95_000).await;
    await_queue(&backend, 90_000).await;

    let body = request(vec![span(); 80]);
    assert!(body.len() > 10_000);
    let client = reqwest::Client::new();
    let send = |url: String, content_type: &str| {
        let request = client.post(url).header("content-type", content_type);
        request.body(body.clone()).send()
    };
    let otlp = send(backend.otlp_http("/v1/traces"), PROTOBUF)
        .await
        .unwrap();
    let thrift = send(backend.jaeger_thrift("/api/traces"), "application/x-thrift")
        .await
        .unwrap();
    let zipkin = send(backend.url("Zipkin", "/api/v2/spans"), "application/json")
        .await
        .unwrap();
    for answer in [otlp, thrift, zipkin] {
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()["retry-after"], "1");
    }
    let grpc = call(backend.otlp_grpc(), EXPORT, body.clone(), None)
        .await
        .unwrap_err();
    assert_eq!(grpc.code(), Code::ResourceExhausted);
    let retry = grpc.get_details_retry_info().unwrap().retry_delay.unwrap();
    assert_eq!(retry.as_secs(), 1);

    drop(slow);
    while send(backend.otlp_http("/v1/traces"), PROTOBUF)
        .await
        .unwrap()
        .status()
        != 200
    {}
}

#[tokio::test]
async fn large_requests_leave_room_for_others() {
    let backend = Backend::in_memory();
    let mut slow = Vec::new();
    for _ in 0..13 {
        slow.push(begin_request(&backend.otlp_http(""), 10 << 20, 15 << 20).await);
    }
    await_queue(&backend, 48 << 20).await;
    let body = request(vec![span(); 80]);
    let (status, _) = post(&backend.otlp_http("/v1/traces"), PROTOBUF, body).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn what_is_under_way_is_finished_before_the_program_ends() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    let body = request(vec![span()]);
    let mut slow = begin_request(&backend.otlp_http(""), 0, body.len()).await;
    slow.write_all(&body[..10]).await.unwrap();
    await_queue(&backend, 10).await;

    let ended = backend.ask_to_end();
    slow.write_all(&body[10..]).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(ended.wait().status.success());

    let backend = Backend::in_directory(directory.path());
    crate::protocols::stored(&backend).await;
}

#[tokio::test]
async fn the_longest_idle_connection_makes_room() {
    let backend = Backend::start(&["--memory", "--limits", "connections=20"]);
    let address = backend.otlp_http("").replace("http://", "");
    let mut idle = Vec::new();
    for _ in 0..40 {
        idle.push(TcpStream::connect(&address).await.unwrap());
    }
    // The first connection is closed without an answer, which HTTP allows.
    let mut byte = [0];
    assert_eq!(idle[0].read(&mut byte).await.unwrap(), 0);
    let body = request(vec![span()]);
    let answer = post(&backend.otlp_http("/v1/traces"), PROTOBUF, body).await;
    assert_eq!(answer, (200, Vec::new()));
}

#[test]
fn wrong_limits_are_all_named() {
    let refusal = refused(command(&["--memory", "--limits", "body=0,spam=1"]));
    assert_eq!(refusal.status.code(), Some(64));
    assert_eq!(refusal.stderr.lines().count(), 2, "{}", refusal.stderr);
}

#[tokio::test]
async fn partial_success_counts_every_span() {
    let backend = Backend::in_memory();
    let message = [request(vec![span()]), spans_of(&[], 999)].concat();
    let answer = call(backend.otlp_grpc(), EXPORT, message, None)
        .await
        .unwrap();
    let partial = ExportTraceServiceResponse::decode(answer)
        .unwrap()
        .partial_success;
    assert_eq!(partial.unwrap().rejected_spans, 999);
}
