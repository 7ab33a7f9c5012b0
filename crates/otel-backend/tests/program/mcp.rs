//! Tests of the endpoint for agents.

mod planted;
mod protocol;
mod questions;
mod tools;

use reqwest::Response;
use serde_json::{Value, json};

use crate::support::Backend;

/// Posts a message with headers, like a client of that kind.
async fn send(backend: &Backend, headers: &[(&str, &str)], message: &Value) -> Response {
    let mut request = reqwest::Client::new()
        .post(backend.ui("/mcp"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(message.to_string()).send().await.unwrap()
}

/// Sends a message; returns the status and body of the answer.
async fn answer(backend: &Backend, headers: &[(&str, &str)], message: &Value) -> (u16, Value) {
    let response = send(backend, headers, message).await;
    let status = response.status().as_u16();
    let body = response.text().await.unwrap();
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

/// Calls a tool; returns the text, and whether it is an error.
async fn call(backend: &Backend, tool: &str, arguments: &Value) -> (String, bool) {
    let params = json!({"name": tool, "arguments": arguments});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let (status, body) = answer(backend, &[], &message).await;
    assert_eq!(status, 200, "{body}");
    let result = &body["result"];
    let text = result["content"][0]["text"].as_str();
    let text = text.unwrap_or_else(|| panic!("{body}")).to_owned();
    (text, result["isError"] == true)
}
