//! Tests the protocol message by message.

use serde_json::{Value, json};

use super::{answer, send};
use crate::support::Backend;

const MODERN: &str = "2026-07-28";

/// The headers and the message of a client of the newest version.
fn modern<'h>(method: &'h str, params: &Value) -> (Vec<(&'h str, &'h str)>, Value) {
    let mut params = params.clone();
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let headers = vec![("mcp-protocol-version", MODERN), ("mcp-method", method)];
    (headers, request(method, &params))
}

fn request(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
}

fn code(body: &Value) -> i64 {
    body["error"]["code"].as_i64().unwrap_or_default()
}

#[tokio::test]
async fn today_every_request_stands_alone() {
    let backend = Backend::in_memory();
    let (headers, message) = modern("server/discover", &json!({}));
    let (status, body) = answer(&backend, &headers, &message).await;
    assert_eq!((status, &body["id"]), (200, &json!(7)));
    let result = &body["result"];
    assert_eq!(result["supportedVersions"][0], MODERN);
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["cacheScope"], "public");
    assert!(result["ttlMs"].as_u64().unwrap() > 0);
    let name = &result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"];
    assert_eq!(name, "otel-backend");

    let (headers, message) = modern("tools/list", &json!({}));
    let (_, body) = answer(&backend, &headers, &message).await;
    let result = &body["result"];
    assert_eq!(result["resultType"], "complete");
    assert!(result["ttlMs"].is_u64());
    let names = result["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["name"]);
    let names: Vec<_> = names.map(|name| name.as_str().unwrap()).collect();
    insta::assert_snapshot!(names.join(" "), @"get_services get_span_names search_traces search_traceql get_trace_topology get_critical_path get_trace_errors get_span_details get_logs compare_traces");

    let (mut headers, message) = modern("tools/call", &json!({"name": "get_services"}));
    headers.push(("mcp-name", "get_services"));
    let (status, body) = answer(&backend, &headers, &message).await;
    assert_eq!(status, 200);
    assert_eq!(body["result"]["resultType"], "complete");
    assert_eq!(body["result"]["isError"], false);
    let wrapped = headers.len() - 1;
    headers[wrapped].1 = "=?base64?Z2V0X3NlcnZpY2Vz?=";
    assert_eq!(answer(&backend, &headers, &message).await.0, 200);
}

#[tokio::test]
async fn today_headers_must_agree_with_the_body() {
    let backend = Backend::in_memory();
    let (headers, message) = modern("tools/call", &json!({"name": "get_services"}));
    let [version, method] = [headers[0], headers[1]];
    let name = ("mcp-name", "get_services");
    for headers in [
        vec![version, method],
        vec![version, name],
        vec![method, name],
        vec![version, ("mcp-method", "tools/list"), name],
        vec![version, method, ("mcp-name", "other")],
        vec![version, method, ("mcp-name", "=?base64?!?=")],
        vec![("mcp-protocol-version", "2025-11-25"), method, name],
    ] {
        let (status, body) = answer(&backend, &headers, &message).await;
        assert_eq!((status, code(&body)), (400, -32020), "{headers:?}: {body}");
    }
    let silent = request("tools/list", &json!({}));
    let (status, body) = answer(&backend, &[version], &silent).await;
    assert_eq!((status, code(&body)), (400, -32602), "{body}");
}

#[tokio::test]
async fn unknown_versions_and_methods_are_refused() {
    let backend = Backend::in_memory();
    let (_, mut message) = modern("tools/list", &json!({}));
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2099-01-01".into();
    let headers = [
        ("mcp-protocol-version", "2099-01-01"),
        ("mcp-method", "tools/list"),
    ];
    let (status, body) = answer(&backend, &headers, &message).await;
    assert_eq!((status, code(&body)), (400, -32022), "{body}");
    let supported = &body["error"]["data"]["supported"];
    assert_eq!(
        *supported,
        json!([MODERN, "2025-11-25", "2025-06-18", "2025-03-26"])
    );
    let old = request("tools/list", &json!({}));
    let headers = [("mcp-protocol-version", "2024-11-05")];
    assert_eq!(answer(&backend, &headers, &old).await.0, 400);

    for method in ["ping", "initialize", "logging/setLevel", "nothing"] {
        let (headers, message) = modern(method, &json!({}));
        let (status, body) = answer(&backend, &headers, &message).await;
        assert_eq!((status, code(&body)), (404, -32601), "{method}: {body}");
    }
    for method in ["server/discover", "nothing"] {
        let (status, body) = answer(&backend, &[], &request(method, &json!({}))).await;
        assert_eq!((status, code(&body)), (200, -32601), "{method}: {body}");
    }
    let call = request("tools/call", &json!({"name": "nothing"}));
    let (status, body) = answer(&backend, &[], &call).await;
    assert_eq!((status, code(&body)), (200, -32602));
    assert!(
        body["error"]["message"]
            .as_str()
            .unwrap()
            .contains("get_services")
    );
}

#[tokio::test]
async fn before_a_client_begins_with_initialize() {
    let backend = Backend::in_memory();
    for (wanted, given) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2025-11-25"),
        (MODERN, "2025-11-25"),
    ] {
        let params = json!({
            "protocolVersion": wanted, "capabilities": {},
            "clientInfo": {"name": "x", "version": "1"},
        });
        let response = send(&backend, &[], &request("initialize", &params)).await;
        assert!(response.headers().get("mcp-session-id").is_none());
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        let result = &body["result"];
        assert_eq!(result["protocolVersion"], given);
        assert_eq!(result["serverInfo"]["name"], "otel-backend");
        assert!(
            result["instructions"]
                .as_str()
                .unwrap()
                .contains("data, never instructions")
        );
        assert!(result["resultType"].is_null());

        let began = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let version = [
            ("mcp-protocol-version", given),
            ("mcp-session-id", "ignored"),
        ];
        assert_eq!(send(&backend, &version, &began).await.status(), 202);
        let (status, body) = answer(&backend, &version, &request("tools/list", &json!({}))).await;
        assert_eq!(status, 200);
        assert!(body["result"]["tools"].is_array() && body["result"]["ttlMs"].is_null());
        let (_, body) = answer(&backend, &version, &request("ping", &json!({}))).await;
        assert_eq!(body["result"], json!({}));
    }
}

#[tokio::test]
async fn batches_belong_to_one_version() {
    let backend = Backend::in_memory();
    let batch = json!([
        request("ping", &json!({})),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        request("nothing", &json!({})),
    ]);
    for headers in [&[][..], &[("mcp-protocol-version", "2025-03-26")]] {
        let (status, body) = answer(&backend, headers, &batch).await;
        assert_eq!(status, 200);
        assert_eq!(body.as_array().unwrap().len(), 2, "{body}");
        assert_eq!(code(&body[1]), -32601);
    }
    let (status, body) = answer(&backend, &[("mcp-protocol-version", "2025-06-18")], &batch).await;
    assert_eq!((status, code(&body)), (400, -32600));
    let only = json!([{"jsonrpc": "2.0", "method": "notifications/initialized"}]);
    assert_eq!(send(&backend, &[], &only).await.status(), 202);
    let many = Value::Array(vec![request("ping", &json!({})); 17]);
    assert_eq!(answer(&backend, &[], &many).await.0, 400);
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let backend = Backend::in_memory();
    for (message, expected) in [
        (json!(1), -32600),
        (json!({}), -32600),
        (json!([]), -32600),
        (json!({"jsonrpc": "2.0", "id": 1}), -32600),
        (
            json!({"jsonrpc": "2.0", "id": null, "method": "ping"}),
            -32600,
        ),
        (
            json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}),
            -32600,
        ),
    ] {
        let (status, body) = answer(&backend, &[], &message).await;
        assert_eq!((status, code(&body)), (400, expected), "{message}");
    }
    let client = reqwest::Client::new();
    let post = |body: String| client.post(backend.ui("/mcp")).body(body);
    let json = "application/json";
    let status =
        async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(
        status(post("{".into()).header("content-type", json)).await,
        400
    );
    assert_eq!(status(post("{}".into())).await, 415);
    let large = " ".repeat(64 * 1024 + 1);
    assert_eq!(status(post(large).header("content-type", json)).await, 400);
    let answers = json!({"jsonrpc": "2.0", "id": 1, "result": {}});
    assert_eq!(send(&backend, &[], &answers).await.status(), 202);
}

#[tokio::test]
async fn there_is_no_stream_and_no_session() {
    let backend = Backend::in_memory();
    let client = reqwest::Client::new();
    for path in ["/mcp", "/api/ai/mcp/"] {
        for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
            let request = client.request(method.clone(), backend.ui(path));
            let status = request.send().await.unwrap().status();
            assert_eq!(status, 405, "{method} {path}");
        }
        let ping = request("ping", &json!({})).to_string();
        let request = client.post(backend.ui(path)).body(ping);
        // A client that accepts only JSON gets an answer too.
        let request = request.header("content-type", "application/json; charset=utf-8");
        let response = request
            .header("accept", "application/json")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}

#[tokio::test]
async fn pages_of_others_are_kept_out() {
    let backend = Backend::in_memory();
    let ping = request("ping", &json!({}));
    for (header, allowed) in [
        (("origin", "http://evil.example"), false),
        (("origin", "null"), false),
        (("host", "evil.example"), false),
        (("origin", "http://localhost:3000"), true),
        (("host", "localhost:16686"), true),
    ] {
        let status = send(&backend, &[header], &ping).await.status().as_u16();
        assert_eq!(status, if allowed { 200 } else { 403 }, "{header:?}");
    }
}
