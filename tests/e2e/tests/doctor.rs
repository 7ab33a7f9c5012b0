//! Tests trace-check doctor against the real receivers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected has failed"
)]

use std::process::Command;

use e2e::port;
use test_kit::{Backend, Finished, program, run};

fn doctor(backend: &Backend, variables: &[(&str, &str)]) -> Finished {
    run(Command::new(program("trace-check"))
        .args(["doctor", "--query-url", &backend.ui(""), "--timeout", "30"])
        .envs(variables.iter().copied()))
}

/// The endpoint of one of the backend's receivers.
fn endpoint(backend: &Backend, protocol: &str) -> String {
    format!("http://127.0.0.1:{}", port(backend, protocol))
}

#[test]
fn a_path_to_a_running_backend_is_whole() {
    let backend = Backend::in_memory();
    let http = endpoint(&backend, "otlp-http");
    let grpc = endpoint(&backend, "otlp-grpc");
    let thrift = format!("{}/api/traces", endpoint(&backend, "thrift-http"));
    let compact = port(&backend, "thrift-compact");
    for variables in [
        vec![("OTEL_EXPORTER_OTLP_ENDPOINT", http.as_str())],
        vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", grpc.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ],
        vec![
            ("OTEL_TRACES_EXPORTER", "jaeger_thrift"),
            ("OTEL_EXPORTER_JAEGER_ENDPOINT", thrift.as_str()),
        ],
        vec![
            ("OTEL_TRACES_EXPORTER", "jaeger"),
            ("OTEL_EXPORTER_JAEGER_PROTOCOL", "udp/thrift.compact"),
            ("OTEL_EXPORTER_JAEGER_AGENT_HOST", "127.0.0.1"),
            ("OTEL_EXPORTER_JAEGER_AGENT_PORT", compact.as_str()),
        ],
    ] {
        let finished = doctor(&backend, &variables);
        assert_eq!(finished.code(), Some(0), "{finished:#?}");
        assert!(
            finished.stdout.contains("otel-backend at "),
            "{}",
            finished.stdout
        );
    }
}

/// otel-backend accepts both forms of OTLP on both ports. Other backends do not; trace-check has
/// its own tests of what the doctor says about them.
#[test]
fn grpc_and_http_arrive_on_each_others_ports() {
    let backend = Backend::in_memory();
    let http = endpoint(&backend, "otlp-http");
    let grpc = endpoint(&backend, "otlp-grpc");
    for (endpoint, protocol) in [
        (&http, "grpc"),
        (&grpc, "http/protobuf"),
        (&grpc, "http/json"),
    ] {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ];
        let finished = doctor(&backend, &variables);
        assert_eq!(finished.code(), Some(0), "{finished:#?}");
        let stored = finished.stdout.contains("returns the span");
        assert!(stored, "{}", finished.stdout);
    }
}
