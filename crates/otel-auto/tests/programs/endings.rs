//! Tests that spans arrive whichever way a program ends.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::program::{program, run};
use crate::receiver::{Answer, Receiver};

const PROTOCOLS: [&str; 2] = ["http/protobuf", "grpc"];

async fn receiver(protocol: &str) -> Receiver {
    match protocol {
        "grpc" => Receiver::grpc(Answer::Accept).await,
        _ => Receiver::http(Answer::Accept).await,
    }
}

pub(crate) fn ending(how: &str, protocol: &str, receiver: &Receiver) -> Command {
    let mut command = program("endings", &[how]);
    command.env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol).env(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        format!("http://{}", receiver.address),
    );
    command
}

#[tokio::test]
async fn no_ending_loses_a_span() {
    for protocol in PROTOCOLS {
        for (how, code) in [
            ("panic", 101),
            ("exit", 7),
            ("twice", 0),
            ("current-thread", 0),
        ] {
            let receiver = receiver(protocol).await;
            let ended = run(&mut ending(how, protocol, &receiver)).await;
            assert_eq!(receiver.span_names(), ["work"], "{how} {protocol}");
            assert_eq!(ended.code, Some(code), "{how} {protocol}");
            assert!(
                ended.took < Duration::from_secs(3),
                "{how}: {:?}",
                ended.took
            );
        }
    }
}

#[tokio::test]
async fn signals_flush_before_they_end_the_program() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let receiver = receiver("http/protobuf").await;
        let mut child = ending("signal", "http/protobuf", &receiver)
            .spawn()
            .unwrap();
        ready(&mut child).await;
        send(signal, &child).await;
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(receiver.span_names(), ["work"]);
        let report = String::from_utf8(output.stderr).unwrap();
        assert!(report.ends_with("1 acknowledged, 0 lost\n"), "{report}");
    }
}

#[tokio::test]
async fn spans_that_are_not_sampled_are_counted_and_not_sent() {
    let receiver = receiver("http/protobuf").await;
    let ended =
        run(ending("exit", "http/protobuf", &receiver).env("OTEL_TRACES_SAMPLER", "always_off"))
            .await;
    assert!(receiver.requests().is_empty());
    let report = "otel-auto: 1 of 1 spans were not sampled\n";
    assert!(ended.stderr.ends_with(report), "{}", ended.stderr);
}

#[tokio::test]
async fn a_closed_stderr_is_nobody_to_tell() {
    let receiver = receiver("http/protobuf").await;
    let mut command = ending("exit", "http/protobuf", &receiver);
    let mut child = command.spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().await.unwrap().code(), Some(7));
    assert_eq!(receiver.span_names(), ["work"]);
}

pub(crate) async fn send(signal: &str, child: &Child) {
    let pid = child.id().unwrap().to_string();
    let mut kill = Command::new("kill");
    kill.args(["-s", signal, &pid]).status().await.unwrap();
}

/// Waits for the line that reports the end of the span.
pub(crate) async fn ready(child: &mut Child) {
    let stdout = child.stdout.take().unwrap();
    let line = BufReader::new(stdout).lines().next_line().await.unwrap();
    assert_eq!(line.as_deref(), Some("ready"));
}
