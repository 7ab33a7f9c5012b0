//! Tests of the variables for HTTP spans.

use serde_json::Value;

use crate::program::{Ended, program, run};

const CAPTURE: &str = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS";

async fn request(variables: &[(&str, &str)]) -> Ended {
    let mut command = program("request", &[]);
    command.env("OTEL_TRACES_EXPORTER", "console");
    command.envs(variables.iter().copied());
    let ended = run(&mut command).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended
}

/// The attributes of the client span and of the server span.
fn attributes(ended: &Ended) -> (Value, Value) {
    let spans = serde_json::Deserializer::from_str(&ended.stdout).into_iter::<Value>();
    let spans: Vec<_> = spans.map(Result::unwrap).collect();
    let of = |kind: &str| {
        let span = spans.iter().find(|span| span["kind"] == kind).unwrap();
        span["attributes"].clone()
    };
    (of("SpanKind.CLIENT"), of("SpanKind.SERVER"))
}

#[tokio::test]
async fn no_header_is_recorded_unless_it_is_asked_for() {
    let ended = request(&[]).await;
    assert!(!ended.stdout.contains("header"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("secret"), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("traceresponse: true"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn headers_that_are_asked_for_are_recorded() {
    let (server_request, server_response) = (
        format!("{CAPTURE}_SERVER_REQUEST"),
        format!("{CAPTURE}_SERVER_RESPONSE"),
    );
    let (client_request, client_response) = (
        format!("{CAPTURE}_CLIENT_REQUEST"),
        format!("{CAPTURE}_CLIENT_RESPONSE"),
    );
    let ended = request(&[
        (&server_request, "X-Question,X-Absent"),
        (&server_response, "x-answer"),
        (&client_request, "x-question"),
        (&client_response, "X-Answer"),
    ])
    .await;
    let (client, server) = attributes(&ended);
    for span in [&client, &server] {
        assert_eq!(span["http.request.header.x-question"][0], "secret question");
        assert_eq!(span["http.response.header.x-answer"][0], "secret answer");
        assert!(span.get("http.request.header.x-absent").is_none());
    }
}

#[tokio::test]
async fn one_side_and_the_values_can_be_left_out() {
    let (request_headers, sanitize) = (
        format!("{CAPTURE}_SERVER_REQUEST"),
        format!("{CAPTURE}_SANITIZE_FIELDS"),
    );
    let ended = request(&[(&request_headers, "x-question"), (&sanitize, "X-Question")]).await;
    let (client, server) = attributes(&ended);
    assert_eq!(server["http.request.header.x-question"][0], "REDACTED");
    assert!(client.get("http.request.header.x-question").is_none());
    assert!(!ended.stdout.contains("secret"), "{}", ended.stdout);
}

#[tokio::test]
async fn the_known_methods_can_be_others() {
    let ended = request(&[("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "POST, FOO")]).await;
    let (client, server) = attributes(&ended);
    for span in [client, server] {
        assert_eq!(span["http.request.method"], "_OTHER");
        assert_eq!(span["http.request.method_original"], "GET");
    }
}

#[tokio::test]
async fn what_is_not_sampled_or_switched_off_leaves_no_span() {
    for variables in [
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_SDK_DISABLED", "true"),
    ] {
        let ended = request(&[variables]).await;
        assert_eq!(ended.stdout, "");
        assert!(
            ended.stderr.contains("traceresponse: false"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("hello"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_ratio_decides_for_the_whole_trace() {
    for (ratio, spans) in [("1", 2), ("0", 0), ("0.9999999999", 2)] {
        let ended = request(&[
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", ratio),
        ])
        .await;
        assert_eq!(
            ended.stdout.matches("\"trace_state\"").count(),
            spans,
            "{ratio}"
        );
    }
}
