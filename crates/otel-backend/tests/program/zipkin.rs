//! Tests Zipkin's API as its clients use it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::{Backend, get, get_json, post};

/// Captured from Python's opentelemetry-exporter-zipkin-json 1.45.
const PYTHON: &[u8] = include_bytes!("../fixtures/zipkin_v2.json");

/// The same spans, encoded by opentelemetry-exporter-zipkin-proto-http 1.45.
const PROTOBUF: &[u8] = include_bytes!("../fixtures/zipkin_v2.bin");

const TRACE: &str = "a1000000000000000000000000000001";

#[tokio::test]
async fn what_python_sends_is_found() {
    for (path, content_type, body) in [
        ("/api/v2/spans", "application/json", PYTHON),
        ("/api/v2/spans", "application/x-protobuf", PROTOBUF),
        (
            "/api/v1/spans",
            "application/json",
            include_bytes!("../fixtures/zipkin_v1.json"),
        ),
    ] {
        let backend = Backend::in_memory();
        let url = backend.url("Zipkin", path);
        let answer = post(&url, content_type, body.to_vec()).await;
        assert_eq!(answer, (202, Vec::new()));
        let trace = get_json(&backend.ui(&format!("/api/traces/{TRACE}"))).await;
        let trace = &trace["data"][0];
        assert_eq!(trace["spans"].as_array().unwrap().len(), 5);
        assert_eq!(trace["processes"]["p1"]["serviceName"], "interop-Shop");
    }
}

#[tokio::test]
async fn a_body_may_be_compressed_and_need_not_say_that_it_is_json() {
    let backend = Backend::in_memory();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(PYTHON).unwrap();
    let request = reqwest::Client::new()
        .post(backend.url("Zipkin", "/api/v2/spans"))
        .header("content-encoding", "gzip")
        .body(gzip.finish().unwrap());
    assert_eq!(request.send().await.unwrap().status(), 202);
    let trace = backend.ui(&format!("/api/traces/{TRACE}"));
    assert_eq!(get(&trace).await.0, 200);
}

#[tokio::test]
async fn what_cannot_be_taken_is_told_in_words() {
    let backend = Backend::in_memory();
    let refused = async |path: &str, content_type: &str, body: &str| {
        let url = backend.url("Zipkin", path);
        let (status, text) = post(&url, content_type, body.into()).await;
        format!("{status} {}", String::from_utf8(text).unwrap())
    };
    let json = "application/json";
    for path in ["/api/v1/spans", "/api/v2/spans"] {
        let garbage = refused(path, json, "garbage").await;
        assert_eq!(garbage, "400 expected value at line 1 column 1\n");
        assert_eq!(refused(path, json, "[]").await, "202 ");
    }
    assert_eq!(
        refused("/api/v2/spans", json, r#"[{"traceId":"0","id":"1"}]"#).await,
        "400 no span was taken: trace id is all zero\n"
    );
    for (path, content_type, reason) in [
        (
            "/api/v2/spans",
            "text/plain",
            "content type 'text/plain' is not supported: use application/json or application/x-protobuf",
        ),
        (
            "/api/v1/spans",
            "application/x-protobuf",
            "content type 'application/x-protobuf' is not supported: use application/json",
        ),
        (
            "/api/v1/spans",
            "application/x-thrift",
            "Zipkin's Thrift is not supported: set the sender to JSON, or to protobuf of version 2",
        ),
    ] {
        let said = refused(path, content_type, "").await;
        assert_eq!(said, format!("415 {reason}\n"));
    }
    let garbage = refused("/api/v2/spans", "application/x-protobuf", "garbage").await;
    assert!(garbage.starts_with("400 malformed protobuf: "), "{garbage}");
    assert_eq!(get(&backend.url("Zipkin", "/api/v2/spans")).await.0, 405);
}

#[tokio::test]
async fn a_span_that_is_not_valid_costs_only_itself() {
    let backend = Backend::in_memory();
    let spans = json!([{"traceId": "zz", "id": "1"}, {"traceId": "a1", "id": "1"}]);
    let url = backend.url("Zipkin", "/api/v2/spans");
    let answer = post(&url, "application/json", spans.to_string().into()).await;
    assert_eq!(answer, (202, Vec::new()));
    assert_eq!(get(&backend.ui("/api/traces/a1")).await.0, 200);
}
