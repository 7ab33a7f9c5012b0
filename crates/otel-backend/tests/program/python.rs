//! Five spans as Python's exporters send them, byte by byte.
//!
//! Captured from opentelemetry-exporter-jaeger-thrift 1.21 (`jaeger_*`), from
//! opentelemetry-exporter-otlp-proto-http 1.45 and from opentelemetry-exporter-zipkin-json 1.45.

use std::time::Duration;

use serde_json::Value;
use tokio::net::UdpSocket;

use crate::protocols::{EXPORT, call};
use crate::support::{Backend, get, get_json, post};

const OTLP: &[u8] = include_bytes!("../fixtures/otlp.bin");
const TRACE: &str = "/api/v3/traces/a1000000000000000000000000000001";

/// The parts of each span that every format can carry, ordered by id.
async fn found(backend: &Backend) -> Vec<String> {
    let found = get_json(&backend.ui(TRACE)).await;
    let groups = found["result"]["resourceSpans"].as_array().unwrap();
    let groups = groups
        .iter()
        .flat_map(|group| group["scopeSpans"].as_array().unwrap());
    let spans = groups.flat_map(|group| group["spans"].as_array().unwrap());
    let mut lines: Vec<_> = spans.map(line).collect();
    lines.sort();
    lines
}

fn line(span: &Value) -> String {
    let text = |key: &str| span[key].as_str().unwrap_or("-");
    format!(
        "{} of {}: {} at {}, status {} {}",
        text("spanId"),
        text("parentSpanId"),
        text("name"),
        text("startTimeUnixNano"),
        span["status"]["code"],
        span["status"]["message"],
    )
}

async fn assert_found(backend: &Backend) {
    insta::assert_snapshot!("python", found(backend).await.join("\n"));
}

#[tokio::test]
async fn every_protocol_brings_them() {
    for (port, path, content_type, body) in [
        ("OTLP HTTP", "/v1/traces", "application/x-protobuf", OTLP),
        (
            "Jaeger Thrift HTTP",
            "/api/traces?format=jaeger.thrift",
            "application/x-thrift",
            include_bytes!("../fixtures/jaeger_thrift.bin"),
        ),
        (
            "Zipkin",
            "/api/v2/spans",
            "application/json",
            include_bytes!("../fixtures/zipkin_v2.json"),
        ),
        (
            "Zipkin",
            "/api/v2/spans",
            "application/x-protobuf",
            include_bytes!("../fixtures/zipkin_v2.bin"),
        ),
        (
            "Zipkin",
            "/api/v1/spans",
            "application/json",
            include_bytes!("../fixtures/zipkin_v1.json"),
        ),
    ] {
        let backend = Backend::in_memory();
        let (status, answer) = post(&backend.url(port, path), content_type, body.to_vec()).await;
        assert!(status == 200 || status == 202, "{port}: {status}");
        assert_eq!(answer, b"", "{port}");
        assert_found(&backend).await;
    }
    let backend = Backend::in_memory();
    let answer = call(backend.otlp_grpc(), EXPORT, OTLP.to_vec(), None).await;
    assert_eq!(answer.unwrap(), "");
    assert_found(&backend).await;
}

#[tokio::test]
async fn a_datagram_brings_them() {
    let backend = Backend::in_memory();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let datagram = include_bytes!("../fixtures/jaeger_compact.bin");
    let address = backend.address("Jaeger Thrift compact");
    socket.send_to(datagram, &address).await.unwrap();
    let stored = async { while get(&backend.ui(TRACE)).await.0 != 200 {} };
    tokio::time::timeout(Duration::from_mins(1), stored)
        .await
        .unwrap();
    assert_found(&backend).await;
}
