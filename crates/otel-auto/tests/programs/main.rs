//! Tests that run real programs with variables, as a user does.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod endings;
mod file;
mod http;
mod load;
mod logs;
mod program;
mod receiver;
mod tls;

use program::{program, run};
use receiver::{Answer, Receiver};
use tokio::process::Command;

/// The program `spans`, sending to `receiver` by that protocol.
fn spans_to(receiver: &Receiver, protocol: &str) -> Command {
    let endpoint = format!("http://{}", receiver.address);
    let mut spans = program("spans", &[]);
    spans
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    spans
}

#[tokio::test]
async fn otlp_over_http_is_the_default_protocol() {
    let receiver = Receiver::http(Answer::Accept).await;
    let endpoint = format!("http://{}", receiver.address);
    let ended = run(program("spans", &[])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)
        .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20secret"))
    .await;

    assert_eq!(receiver.span_names(), ["client-server", "client"]);
    let headers = &receiver.requests()[0].headers;
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert_eq!(headers["api-key"], "a secret");
    assert!(!headers.contains_key("content-encoding"));
    let report = format!("otel-auto: 2 spans sent to {endpoint}/v1/traces: 2 acknowledged, 0 lost");
    assert_eq!(last_line(&ended.stderr), report);
    assert_eq!(ended.code, Some(0));
}

#[tokio::test]
async fn otlp_over_http_speaks_json_and_gzip_when_asked() {
    for protocol in ["http/protobuf", "http/json"] {
        let receiver = Receiver::http(Answer::Accept).await;
        run(spans_to(&receiver, protocol).env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")).await;

        assert_eq!(receiver.span_names(), ["client-server", "client"]);
        let headers = &receiver.requests()[0].headers;
        assert_eq!(
            headers["content-type"] == "application/json",
            protocol == "http/json"
        );
        assert_eq!(headers["content-encoding"], "gzip");
    }
}

#[tokio::test]
async fn otlp_over_grpc_needs_no_runtime_of_the_program() {
    let receiver = Receiver::grpc(Answer::Accept).await;
    let ended = run(program("spans", &[])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address.to_string())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .env("OTEL_EXPORTER_OTLP_INSECURE", "true")
        .env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret"))
    .await;

    assert_eq!(receiver.span_names(), ["client-server", "client"]);
    assert_eq!(receiver.requests()[0].headers["api-key"], "secret");
    assert_eq!(receiver.requests()[0].headers["grpc-encoding"], "gzip");
    assert!(
        ended.stderr.ends_with("2 acknowledged, 0 lost\n"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn a_bad_header_is_left_out_and_the_message_is_true() {
    for protocol in ["http/protobuf", "grpc"] {
        let receiver = match protocol {
            "grpc" => Receiver::grpc(Answer::Accept).await,
            _ => Receiver::http(Answer::Accept).await,
        };
        let pairs = "x-a=1,SECRET,x-c=%33,content-type=text/plain,x-d=SECRET%zz";
        let ended =
            run(spans_to(&receiver, protocol).env("OTEL_EXPORTER_OTLP_HEADERS", pairs)).await;
        assert_eq!(receiver.span_names().len(), 2, "{}", ended.stderr);
        let headers = &receiver.requests()[0].headers;
        let sent = |name: &str| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            (sent("x-a"), sent("x-c")),
            (vec!["1".parse().unwrap()], vec!["3".parse().unwrap()])
        );
        assert!(!headers.contains_key("x-d"), "{headers:?}");
        assert_ne!(
            headers["content-type"], "text/plain",
            "{protocol}: {headers:?}"
        );
        assert!(
            headers["user-agent"]
                .to_str()
                .unwrap()
                .starts_with("OTel-OTLP")
        );
        for told in ["pair 2 has no", "pair 4 sets content-type", "pair 5 has"] {
            assert!(ended.stderr.contains(told), "{}", ended.stderr);
        }
        assert!(!ended.stderr.contains("SECRET"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn spans_that_the_backend_rejects_are_lost() {
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        let receiver = match protocol {
            "grpc" => Receiver::grpc(Answer::Reject(1)).await,
            _ => Receiver::http(Answer::Reject(1)).await,
        };
        let ended = run(&mut spans_to(&receiver, protocol)).await;
        let report = last_line(&ended.stderr);
        assert!(
            report.contains("1 acknowledged, 1 lost: too old"),
            "{report}"
        );
    }
}

#[tokio::test]
async fn an_answer_of_a_port_for_grpc_acknowledges_nothing() {
    for protocol in ["http/protobuf", "http/json"] {
        let receiver = Receiver::grpc_over_http1().await;
        let ended = run(&mut spans_to(&receiver, protocol)).await;
        assert_eq!(receiver.span_names(), [""; 0]);
        let report = last_line(&ended.stderr);
        let reason = "0 acknowledged, 2 lost: the port speaks gRPC and not HTTP";
        assert!(report.contains(reason), "{report}");
    }
}

#[tokio::test]
async fn a_backend_that_refuses_or_is_absent_is_named_with_the_reason() {
    let receiver = Receiver::http(Answer::Status(404)).await;
    let cases = [
        (receiver.address.port(), "http/protobuf", "status code: 404"),
        (1, "http/protobuf", "Connection refused"),
        (1, "grpc", "Connection refused"),
    ];
    for (port, protocol, reason) in cases {
        let endpoint = format!("http://127.0.0.1:{port}");
        let ended = run(program("spans", &[])
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol))
        .await;
        let report = last_line(&ended.stderr);
        for part in [
            &endpoint,
            "0 acknowledged, 2 lost",
            reason,
            "OTEL_EXPORTER_OTLP_ENDPOINT",
        ] {
            assert!(report.contains(part), "{part} is not in: {report}");
        }
        assert_eq!(ended.code, Some(0));
    }
}

#[tokio::test]
async fn a_backend_that_hangs_holds_the_program_up_no_longer_than_the_timeouts() {
    let receiver = Receiver::http(Answer::Hang).await;
    let ended = run(program("spans", &[])
        .env(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            format!("http://{}", receiver.address),
        )
        .env("OTEL_BSP_EXPORT_TIMEOUT", "200"))
    .await;
    let report = last_line(&ended.stderr);
    assert!(report.contains("2 lost: timeout"), "{report}");
    assert!(ended.took.as_secs() < 3, "{:?}", ended.took);
}

#[tokio::test]
async fn jaeger_thrift_goes_over_http() {
    let receiver = Receiver::http(Answer::Accept).await;
    let endpoint = format!("http://{}/api/traces", receiver.address);
    let ended = run(program("spans", &[])
        .env("OTEL_TRACES_EXPORTER", "jaeger_thrift")
        .env("OTEL_EXPORTER_JAEGER_ENDPOINT", &endpoint))
    .await;
    assert_eq!(receiver.span_names(), ["client-server", "client"]);
    let report = format!("otel-auto: 2 spans sent to {endpoint}: 2 acknowledged, 0 lost");
    assert_eq!(last_line(&ended.stderr), report);
}

#[tokio::test]
async fn the_console_prints_while_another_exporter_sends() {
    let receiver = Receiver::http(Answer::Accept).await;
    let ended = run(program("spans", &[])
        .env(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            format!("http://{}", receiver.address),
        )
        .env("OTEL_TRACES_EXPORTER", "console,otlp"))
    .await;
    assert_eq!(receiver.span_names(), ["client-server", "client"]);
    assert_eq!(
        ended.stdout.matches("\"service.name\": \"test\"").count(),
        2
    );
}

#[tokio::test]
async fn limits_hold() {
    let ended = run(program("spans", &[])
        .env("OTEL_TRACES_EXPORTER", "console")
        .env("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4")
        .env("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "0"))
    .await;
    assert!(
        ended.stdout.contains("\"param\": \"test\""),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("\"level\""), "{}", ended.stdout);
}

#[tokio::test]
async fn bad_values_are_reported_and_the_program_runs() {
    let ended = run(program("spans", &[])
        .env("OTEL_TRACES_EXPORTER", "console,zipkin")
        .env("OTEL_BSP_SCHEDULE_DELAY", "soon")
        .env("OTEL_TRACE_SAMPLER", "always_off"))
    .await;
    for name in [
        "OTEL_TRACES_EXPORTER",
        "OTEL_BSP_SCHEDULE_DELAY",
        "OTEL_TRACE_SAMPLER",
    ] {
        let report = format!("otel-auto: {name}=");
        assert_eq!(ended.stderr.matches(&report).count(), 1, "{}", ended.stderr);
    }
    assert_eq!(ended.stdout.matches("\"span_id\"").count(), 2);
}

#[tokio::test]
async fn a_disabled_sdk_does_nothing() {
    let ended = run(program("spans", &[])
        .env("OTEL_SDK_DISABLED", "true")
        .env("OTEL_TRACES_EXPORTER", "console"))
    .await;
    assert_eq!((ended.stdout.as_str(), ended.code), ("", Some(0)));
    assert!(!ended.stderr.contains("otel-auto"), "{}", ended.stderr);
}

#[tokio::test]
async fn at_rust_log_trace_the_export_does_not_feed_itself() {
    let receiver = Receiver::grpc(Answer::Accept).await;
    run(program("spans", &[])
        .env(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            format!("http://{}", receiver.address),
        )
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
        .env("RUST_LOG", "trace"))
    .await;
    assert_eq!(receiver.span_names(), ["client-server", "client"]);
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}
