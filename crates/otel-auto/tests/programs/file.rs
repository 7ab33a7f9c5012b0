//! Tests that a configuration file alone decides where spans go.

use std::io::Write as _;

use tempfile::NamedTempFile;

use crate::program::{Ended, program, run};
use crate::receiver::{Answer, Receiver};

/// Runs the program `spans` with a file of one processor with that exporter, and with a
/// contradicting variable.
async fn spans(exporter: &str) -> Ended {
    let mut file = NamedTempFile::new().unwrap();
    write!(
        file,
        "file_format: \"1.2\"\nresource:\n  attributes: [{{name: service.name, value: \"${{NAME}}\"}}]\n\
         tracer_provider:\n  processors:\n    - batch:\n        exporter: {{{exporter}}}\n"
    )
    .unwrap();
    let mut spans = program("spans", &[]);
    spans
        .env("OTEL_CONFIG_FILE", file.path())
        .env("OTEL_TRACES_EXPORTER", "none")
        .env("NAME", "of the file");
    run(&mut spans).await
}

#[tokio::test]
async fn spans_go_where_the_file_says() {
    for protocol in ["otlp_http", "otlp_grpc", "jaeger_http"] {
        let receiver = match protocol {
            "otlp_grpc" => Receiver::grpc(Answer::Accept).await,
            _ => Receiver::http(Answer::Accept).await,
        };
        let path = match protocol {
            "otlp_http" => "/v1/traces",
            "jaeger_http" => "/api/traces",
            _ => "",
        };
        let endpoint = format!("http://{}{path}", receiver.address);
        let ended = spans(&format!("{protocol}: {{endpoint: \"{endpoint}\"}}")).await;
        assert_eq!(
            receiver.span_names(),
            ["client-server", "client"],
            "{}",
            ended.stderr
        );
        assert_eq!(ended.code, Some(0));
        let unused = "OTEL_TRACES_EXPORTER=\"none\": it is not used";
        assert!(ended.stderr.contains(unused), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn the_console_prints_the_resource_of_the_file() {
    let ended = spans("console: ").await;
    assert!(ended.stdout.contains("of the file"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_broken_file_is_reported_and_the_program_runs_on() {
    let ended = spans("console: {colour: red}").await;
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout, "");
    let told = ":7: tracer_provider.processors[0].batch.exporter.console.colour=\"red\": \
                there is no such key; accepted: nothing";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("there is no telemetry"),
        "{}",
        ended.stderr
    );
}
