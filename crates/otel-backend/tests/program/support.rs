//! HTTP requests to the real program.

use std::process::Command;

use serde_json::{Value, json};
use test_kit::{Finished, run};

pub(crate) use test_kit::{Backend, command};

/// Runs a program that is expected to end by itself.
pub(crate) fn refused(mut command: Command) -> Finished {
    run(&mut command)
}

/// Gets a URL; returns status and body.
pub(crate) async fn get(url: &str) -> (u16, String) {
    let response = reqwest::get(url).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Gets JSON from a URL; the request must succeed.
pub(crate) async fn get_json(url: &str) -> Value {
    let (status, body) = get(url).await;
    assert_eq!(status, 200, "{url}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// Posts a body; returns status and body of the answer.
pub(crate) async fn post(url: &str, content_type: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let request = reqwest::Client::new()
        .post(url)
        .header("content-type", content_type)
        .body(body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.bytes().await.unwrap().to_vec())
}

/// Posts spans in OTLP's JSON, all of which must be accepted.
pub(crate) async fn export(backend: &Backend, spans: &Value) {
    let body = spans.to_string().into_bytes();
    let answer = post(&backend.otlp_http("/v1/traces"), "application/json", body).await;
    let said = String::from_utf8(answer.1).unwrap();
    // A time in the future causes a warning.
    let all_taken = said == "{}" || said.contains("\"rejectedSpans\":\"0\"");
    assert!(answer.0 == 200 && all_taken, "{said}");
}

/// Spans of one service in OTLP's JSON.
pub(crate) fn of_service(service: &str, spans: &[Value]) -> Value {
    json!({"resourceSpans": [{
        "resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": service}},
            {"key": "host.name", "value": {"stringValue": "here"}},
        ]},
        "scopeSpans": [{"scope": {"name": "lib", "version": "1.0"}, "spans": spans}],
    }]})
}

/// A trace of two spans, the first of which failed.
pub(crate) fn shop_trace() -> Value {
    of_service(
        "shop",
        &[
            json!({
                "traceId": "0000000000000000000000000000abcd", "spanId": "0000000000000001",
                "name": "GET /", "kind": 2,
                "startTimeUnixNano": "1700000000000001999",
                "endTimeUnixNano": "1700000000500000000",
                "attributes": [
                    {"key": "http.status", "value": {"intValue": "500"}},
                    {"key": "ratio", "value": {"doubleValue": 2.0}},
                    {"key": "big", "value": {"intValue": "9007199254740993"}},
                    {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}]}}},
                ],
                "status": {"code": 2, "message": "it broke"},
            }),
            json!({
                "traceId": "0000000000000000000000000000abcd", "spanId": "0000000000000002",
                "parentSpanId": "0000000000000001", "name": "SELECT", "kind": 3,
                "startTimeUnixNano": "1700000000100000000",
                "endTimeUnixNano": "1700000000200000000",
                "events": [{
                    "timeUnixNano": "1700000000150000000", "name": "row",
                    "attributes": [{"key": "n", "value": {"boolValue": true}}],
                }],
                "links": [{
                    "traceId": "0123456789abcdef0123456789abcdef", "spanId": "00000000000000ff",
                }],
            }),
        ],
    )
}

/// Gets a path; returns status, content type and body.
pub(crate) async fn ask(
    backend: &Backend,
    method: reqwest::Method,
    path: &str,
) -> (u16, String, String) {
    let request = reqwest::Client::new().request(method, backend.ui(path));
    let response = request.send().await.unwrap();
    let content_type = response.headers().get("content-type");
    let content_type = content_type.map(|value| value.to_str().unwrap().to_owned());
    (
        response.status().as_u16(),
        content_type.unwrap_or_default(),
        response.text().await.unwrap(),
    )
}
