//! Stored spans and log records are forwarded to another endpoint; the others are counted and reported.

mod loops;
mod tls;
mod upstream;

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use test_kit::unused_port;

use crate::limits::metric;
use crate::protocols::{EXPORT, call, request, span, stored};
use crate::support::{Backend, command, get, get_json, post, refused};

use upstream::{Reply, Seen, Upstream};

pub(crate) const PROTOBUF: &str = "application/x-protobuf";

/// A backend in memory that forwards to `url`, with these arguments besides.
pub(crate) fn forwarding(url: &str, more: &[&str]) -> Backend {
    Backend::start(&[&["--memory", "--forward", url], more].concat())
}

/// Sends so many spans in a request of their own, which must be taken at once.
async fn send(backend: &Backend, number: u8) {
    let spans = (1..=number).map(|id| Span {
        span_id: vec![id; 8],
        ..span()
    });
    let body = request(spans.collect());
    let sent = post(&backend.otlp_http("/v1/traces"), PROTOBUF, body).await;
    assert_eq!(sent, (200, Vec::new()));
}

/// Waits until a metric has a value.
pub(crate) async fn reaches(backend: &Backend, name: &str, value: u64) {
    let late = Instant::now() + Duration::from_secs(30);
    let mut last = 0;
    while Instant::now() < late {
        last = counted(backend, name).await;
        if last == value {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{name} is {last}, and should be {value}");
}

/// A metric; 0 if it is not there yet.
async fn counted(backend: &Backend, name: &str) -> u64 {
    let (_, text) = get(&backend.ui("/metrics")).await;
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.map_or(0, |value| value.trim().parse().unwrap())
}

const FORWARDED: &str = "otel_backend_spans_forwarded_total ";

fn lost(reason: &str) -> String {
    format!("otel_backend_spans_not_forwarded_total{{reason=\"{reason}\"}} ")
}

/// The spans of a request, whose bytes a fake endpoint has seen.
fn spans(seen: &Seen) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(seen.message.as_slice()).unwrap();
    let scopes = request
        .resource_spans
        .into_iter()
        .flat_map(|r| r.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

#[tokio::test]
async fn spans_and_log_records_are_found_at_both_ends_by_either_protocol() {
    for (port, protocol) in [("OTLP HTTP", "http/protobuf"), ("OTLP gRPC", "grpc")] {
        let team = Backend::in_memory();
        let backend = forwarding(&team.url(port, ""), &["--forward-protocol", protocol]);
        let body = request(vec![span()]);
        call(backend.otlp_grpc(), EXPORT, body, None).await.unwrap();
        let logs = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[
            {"timeUnixNano":"5","severityNumber":17,"body":{"stringValue":"it broke"}}]}]}]}"#;
        let sent = post(
            &backend.otlp_http("/v1/logs"),
            "application/json",
            logs.to_vec(),
        )
        .await;
        assert_eq!(sent.0, 200);
        reaches(&backend, FORWARDED, 1).await;
        reaches(&backend, "otel_backend_log_records_forwarded_total ", 1).await;
        assert_eq!(stored(&team).await, stored(&backend).await);
        let found = get_json(&backend.ui("/api/logs")).await;
        assert_eq!(get_json(&team.ui("/api/logs")).await, found);
    }
}

#[tokio::test]
async fn spans_of_other_protocols_go_out_as_otlp() {
    let team = Backend::in_memory();
    let backend = forwarding(&team.otlp_http(""), &[]);
    let zipkin = br#"[{"traceId":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","id":"b2b2b2b2b2b2b2b2",
        "name":"get","timestamp":1700000000000000,"duration":5}]"#;
    let url = backend.url("Zipkin", "/api/v2/spans");
    assert_eq!(post(&url, "application/json", zipkin.to_vec()).await.0, 202);
    reaches(&backend, FORWARDED, 1).await;
    assert_eq!(stored(&team).await, stored(&backend).await);
}

#[tokio::test]
async fn an_endpoint_gets_the_headers_that_are_set_and_none_of_the_senders() {
    let mut upstream = Upstream::start().await;
    upstream.reply(Reply::status(401).saying("text/plain", b"wrong token topsecret"));
    let mut command = command(&["--memory", "--forward", &upstream.url()]);
    command.env(
        "OTEL_BACKEND_FORWARD_HEADERS",
        "Authorization=Bearer%20topsecret,x-team=web",
    );
    let backend = Backend::of(command);
    let sender = reqwest::Client::new().post(backend.otlp_http("/v1/traces"));
    let sender = sender.header("content-type", PROTOBUF);
    let sender = sender.header("authorization", "Bearer of the sender");
    let answer = sender.header("x-other", "1").body(request(vec![span()]));
    assert_eq!(answer.send().await.unwrap().status(), 200);
    let seen = upstream.seen().await;
    assert_eq!(seen.path, "/v1/traces");
    assert_eq!(seen.headers["authorization"], "Bearer topsecret");
    assert_eq!(seen.headers["x-team"], "web");
    assert!(!seen.headers.contains_key("x-other"));
    assert_eq!(spans(&seen), [span()]);
    reaches(&backend, &lost("refused"), 1).await;
    let (_, metrics) = get(&backend.ui("/metrics")).await;
    let said = backend.terminate().said;
    assert!(said.contains("wrong token [redacted]"), "{said}");
    assert!(!said.contains("topsecret") && !metrics.contains("topsecret"));
}

#[tokio::test]
async fn what_an_endpoint_cannot_take_for_now_is_sent_again() {
    let busy = tonic_types::ErrorDetails::with_retry_info(Some(Duration::from_secs(1)));
    let busy = <tonic::Status as tonic_types::StatusExt>::with_error_details(
        tonic::Code::ResourceExhausted,
        "busy",
        busy,
    );
    for (protocol, reply) in [
        ("http/protobuf", Reply::status(429).with("retry-after", "1")),
        ("http/protobuf", Reply::status(503)),
        ("http/protobuf", Reply::HangUp),
        ("grpc", Reply::Grpc(tonic::Status::unavailable("busy"))),
        ("grpc", Reply::Grpc(busy)),
    ] {
        let mut upstream = Upstream::start().await;
        let asks = matches!(&reply, Reply::Http { headers, .. } if !headers.is_empty());
        upstream.reply(reply.clone());
        let backend = forwarding(&upstream.url(), &["--forward-protocol", protocol]);
        send(&backend, 2).await;
        let first = upstream.seen().await;
        let second = upstream.seen().await;
        assert_eq!(spans(&first), spans(&second), "{reply:?}");
        let pause = second.at - first.at;
        let least = if asks { 1000 } else { 500 };
        assert!(pause >= Duration::from_millis(least), "{pause:?}");
        reaches(&backend, FORWARDED, 2).await;
    }
}

#[tokio::test]
async fn what_an_endpoint_refuses_is_lost_and_what_comes_next_is_sent() {
    for (protocol, reply) in [
        ("http/protobuf", Reply::status(400)),
        (
            "http/protobuf",
            Reply::status(301).with("location", "/elsewhere"),
        ),
        ("grpc", Reply::Grpc(tonic::Status::invalid_argument("no"))),
        (
            "grpc",
            Reply::Grpc(tonic::Status::resource_exhausted("too large")),
        ),
    ] {
        let mut upstream = Upstream::start().await;
        upstream.reply(reply);
        let backend = forwarding(&upstream.url(), &["--forward-protocol", protocol]);
        send(&backend, 2).await;
        reaches(&backend, &lost("refused"), 2).await;
        send(&backend, 3).await;
        reaches(&backend, FORWARDED, 3).await;
        let paths = [upstream.seen().await.path, upstream.seen().await.path];
        let path = if protocol == "grpc" {
            EXPORT
        } else {
            "/v1/traces"
        };
        assert_eq!(paths, [path, path]);
    }
}

#[tokio::test]
async fn an_endpoint_that_accepts_spans_only_is_said_once_to_do_so() {
    const UNSUPPORTED: &str =
        "otel_backend_log_records_not_forwarded_total{reason=\"unsupported\"} ";
    for (protocol, reply) in [
        ("http/protobuf", Reply::status(404)),
        ("grpc", Reply::Grpc(tonic::Status::unimplemented("no logs"))),
    ] {
        let mut upstream = Upstream::start().await;
        upstream.reply(reply);
        let backend = forwarding(&upstream.url(), &["--forward-protocol", protocol]);
        for sent in 1..=3 {
            let record = br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#;
            let url = backend.otlp_http("/v1/logs");
            assert_eq!(post(&url, "application/json", record.to_vec()).await.0, 200);
            reaches(&backend, UNSUPPORTED, sent).await;
        }
        send(&backend, 2).await;
        reaches(&backend, FORWARDED, 2).await;
        assert!(upstream.seen().await.path.to_lowercase().contains("logs"));
        assert_eq!(
            spans(&upstream.seen().await).len(),
            2,
            "it is not asked again"
        );
        let said = backend.terminate().said;
        let times = said.matches("the endpoint accepts spans only").count();
        assert_eq!(times, 1, "{said}");
    }
}

#[tokio::test]
async fn a_partial_success_is_counted_and_not_sent_again() {
    let mut upstream = Upstream::start().await;
    // One of three is rejected, and "no" is why.
    upstream.reply(Reply::status(200).saying(PROTOBUF, b"\x0a\x06\x08\x01\x12\x02no"));
    let backend = forwarding(&upstream.url(), &[]);
    send(&backend, 3).await;
    reaches(&backend, &lost("rejected"), 1).await;
    reaches(&backend, FORWARDED, 2).await;
    send(&backend, 1).await;
    reaches(&backend, FORWARDED, 3).await;
    assert_eq!(spans(&upstream.seen().await).len(), 3);
    assert_eq!(spans(&upstream.seen().await).len(), 1);
    let said = backend.terminate().said;
    assert!(said.contains("reason=\"no\""), "{said}");
}

#[tokio::test]
async fn an_endpoint_that_comes_up_later_gets_what_was_sent_before() {
    let port = unused_port();
    let backend = forwarding(&format!("http://127.0.0.1:{port}"), &[]);
    send(&backend, 2).await;
    send(&backend, 3).await;
    let mut upstream = Upstream::start_on(port).await;
    let mut number = 0;
    while number < 5 {
        number += spans(&upstream.seen().await).len();
    }
    reaches(&backend, FORWARDED, 5).await;
    reaches(&backend, "otel_backend_forward_queue_bytes ", 0).await;
}

#[tokio::test]
async fn what_finds_no_room_is_counted_and_holds_nobody_up() {
    let mut upstream = Upstream::start().await;
    upstream.reply(Reply::Never);
    let backend = forwarding(&upstream.url(), &["--limits", "forward=4KiB"]);
    send(&backend, 1).await;
    upstream.seen().await;
    for _ in 0..40 {
        send(&backend, 1).await;
    }
    let full = counted(&backend, &lost("queue_full")).await;
    assert!((1..40).contains(&full), "{full} of 40");
    assert!(metric(&backend, "otel_backend_forward_queue_bytes").await <= 4096);
    // All are kept here.
    let stored = "otel_backend_spans_stored_total{protocol=\"otlp_http\"}";
    assert_eq!(metric(&backend, stored).await, 41);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_at_the_end_is_sent() {
    let mut upstream = Upstream::start().await;
    upstream.reply(Reply::status(503));
    let backend = forwarding(&upstream.url(), &[]);
    send(&backend, 2).await;
    upstream.seen().await;
    let stopped = backend.terminate();
    assert!(stopped.status.success(), "{}", stopped.said);
    assert_eq!(spans(&upstream.seen().await).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_at_the_end_is_said_and_the_end_is_not_delayed() {
    let url = format!("http://127.0.0.1:{}", unused_port());
    let backend = forwarding(&url, &[]);
    send(&backend, 2).await;
    let begin = Instant::now();
    let said = backend.terminate().said;
    assert!(begin.elapsed() < Duration::from_secs(4));
    assert!(
        said.contains("spans were not forwarded") && said.contains("number=2"),
        "{said}"
    );

    // Nor is it delayed without a bound by one that never answers.
    let mut upstream = Upstream::start().await;
    upstream.reply(Reply::Never);
    let backend = forwarding(&upstream.url(), &[]);
    send(&backend, 3).await;
    upstream.seen().await;
    let said = backend.terminate().said;
    assert!(said.contains("number=3"), "{said}");
}

#[test]
fn a_url_that_cannot_be_forwarded_to_is_refused_at_the_start() {
    for (url, named) in [
        ("collector:4318", "is not a URL"),
        ("http://me:secret@collector", "no password in the URL"),
        ("http://collector/v1/traces", "leave /v1/traces out"),
    ] {
        let refusal = refused(command(&["--memory", "--forward", url]));
        assert_eq!(refusal.status.code(), Some(64));
        assert!(refusal.stderr.contains(named), "{}", refusal.stderr);
        assert!(!refusal.stderr.contains("secret"));
    }
}
