//! Spans that would go round in a circle are refused.

use serde_json::json;
use test_kit::unused_port;

use super::{FORWARDED, PROTOBUF, forwarding, lost, reaches, send};
use crate::limits::metric;
use crate::protocols::{EXPORT, call, request, span};
use crate::support::{Backend, command, post, refused};

#[test]
fn a_backend_does_not_forward_to_itself() {
    let port = unused_port().to_string();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{port}");
        let arguments = ["--memory", "--otlp-http-port", &port, "--forward", &url];
        let refusal = refused(command(&arguments));
        assert_eq!(refusal.status.code(), Some(1));
        let said = &refusal.stderr;
        assert!(said.contains("is this otel-backend itself"), "{said}");
    }
}

#[tokio::test]
async fn what_comes_back_is_refused_in_both_protocols() {
    for (protocol, listener) in [("http/protobuf", "OTLP HTTP"), ("grpc", "OTLP gRPC")] {
        let port = unused_port();
        let url = format!("http://127.0.0.1:{port}");
        let first = forwarding(&url, &["--forward-protocol", protocol]);
        let back = first.url(listener, "");
        let flag = if protocol == "grpc" {
            "--otlp-grpc-port"
        } else {
            "--otlp-http-port"
        };
        let port = port.to_string();
        let second = forwarding(&back, &["--forward-protocol", protocol, flag, &port]);
        send(&first, 2).await;
        reaches(&first, FORWARDED, 2).await;
        reaches(&second, &lost("refused"), 2).await;
        let name = if protocol == "grpc" {
            "otlp_grpc"
        } else {
            "otlp_http"
        };
        let refused =
            format!("otel_backend_requests_refused_total{{protocol=\"{name}\",reason=\"loop\"}}");
        assert_eq!(metric(&first, &refused).await, 1);
        let said = second.terminate().said;
        assert!(said.contains("comes back to it"), "{said}");
    }
}

#[tokio::test]
async fn a_way_without_end_is_refused() {
    let team = Backend::in_memory();
    let backend = forwarding(&team.otlp_http(""), &[]);
    let way = vec!["0123456789abcdef"; 16].join(",");
    let request = reqwest::Client::new().post(backend.otlp_http("/v1/traces"));
    let request = request.header("content-type", PROTOBUF);
    let request = request
        .header("otel-backend-via", way)
        .body(crate::protocols::request(vec![span()]));
    assert_eq!(request.send().await.unwrap().status(), 508);
}

#[tokio::test]
async fn a_chain_is_no_loop() {
    let last = Backend::in_memory();
    let middle = forwarding(&last.otlp_grpc(), &["--forward-protocol", "grpc"]);
    let first = forwarding(&middle.otlp_http(""), &[]);
    call(first.otlp_grpc(), EXPORT, request(vec![span()]), None)
        .await
        .unwrap();
    reaches(&middle, FORWARDED, 1).await;
    let logs = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{}]}]}]}).to_string();
    let sent = post(
        &first.otlp_http("/v1/logs"),
        "application/json",
        logs.into(),
    )
    .await;
    assert_eq!(sent.0, 200);
    reaches(&middle, "otel_backend_log_records_forwarded_total ", 1).await;
}
