//! Tests trace-check against the real backend: no protocol may lose anything beyond the declared
//! losses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected has failed"
)]

use std::process::Command;

use e2e::{RECEIVERS, port};
use serde_json::Value;
use test_kit::{Backend, Finished, program, run, unused_port};

/// Runs `trace-check roundtrip` with these protocols and more arguments.
fn roundtrip(backend: &Backend, protocols: &[&str], arguments: &[&str]) -> (Finished, Value) {
    let mut command = Command::new(program("trace-check"));
    command
        .args(["roundtrip", &backend.ui(""), "--json", "--timeout", "60"])
        .args(["--protocols", &protocols.join(",")])
        .args(arguments);
    for (protocol, _) in RECEIVERS {
        let receiver = format!("{protocol}={}", port(backend, protocol));
        command.args(["--receiver", &receiver]);
    }
    let finished = run(&mut command);
    let report = serde_json::from_str(&finished.stdout).unwrap_or_default();
    (finished, report)
}

/// All test traces but the large ones, which only take time.
const SMALL: &str = "values,events,origins,ids,short-id,times,skew,links,state,status,dropped,deep,\
                     forest,late,twice,search";

fn assert_whole(finished: &Finished, report: &Value) {
    assert_eq!(finished.code(), Some(0), "{finished:#?}");
    assert_eq!(report["result"], "whole");
    for protocol in report["protocols"].as_array().unwrap() {
        assert_eq!(protocol["state"], "checked", "{protocol:#}");
        assert_eq!(protocol["breaks_at"], Value::Null, "{protocol:#}");
        let counts = &protocol["counts"];
        assert_eq!(counts["created"], counts["stored"], "{protocol:#}");
        assert_eq!(counts["created"], counts["returned"], "{protocol:#}");
    }
    for logs in report["logs"].as_array().unwrap() {
        assert_eq!(logs["defects"], serde_json::json!([]), "{logs:#}");
        assert!(
            logs["sent"].as_u64().unwrap() > 20 && logs["failure"].is_null(),
            "{logs:#}"
        );
    }
}

#[test]
fn every_protocol_brings_every_trace_and_a_restart_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = Backend::in_directory(&folder.path().join("data"));
    let junit = folder.path().join("junit.xml");
    let seeded = [
        "--seed",
        "1",
        "--at",
        "2026-01-02T03:04:05Z",
        "--traces",
        SMALL,
    ];

    let mut arguments = seeded.to_vec();
    arguments.extend(["--junit", junit.to_str().unwrap()]);
    let (finished, report) = roundtrip(
        &backend,
        &RECEIVERS.map(|(protocol, _)| protocol),
        &arguments,
    );
    assert_whole(&finished, &report);
    assert_eq!(report["backend"], "otel-backend");
    for protocol in report["protocols"].as_array().unwrap() {
        assert!(
            protocol["visible"]["p95_ms"].as_f64().unwrap() > 0.0,
            "{protocol:#}"
        );
        // No form of OTLP may lose anything.
        if protocol["protocol"].as_str().unwrap().starts_with("otlp") {
            let v3 = &protocol["apis"][1];
            assert_eq!(v3["api"], "jaeger-v3");
            assert_eq!(v3["declared"], serde_json::json!([]));
            assert_eq!(v3["normalised"], serde_json::json!([]));
        }
    }
    let searches = report["searches"].as_array().unwrap();
    assert_eq!(searches.len(), 17);
    assert!(
        searches.iter().all(|search| search["verdict"] == "right"),
        "{searches:#?}"
    );
    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(junit.contains("failures=\"0\" skipped=\"0\""), "{junit}");

    backend = backend.kill().restart();
    let mut arguments = seeded.to_vec();
    arguments.push("--check-only");
    let (finished, report) = roundtrip(
        &backend,
        &RECEIVERS.map(|(protocol, _)| protocol),
        &arguments,
    );
    assert_whole(&finished, &report);
    assert_eq!(report["protocols"][0]["counts"]["exported"], Value::Null);
}

#[test]
fn every_change_of_what_came_back_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(folder.path());
    let traces = ["--prove", "--traces", "values,origins,links,late"];
    let (finished, report) = roundtrip(&backend, &["thrift-http", "otlp-grpc"], &traces);
    assert_whole(&finished, &report);
    for protocol in report["protocols"].as_array().unwrap() {
        let mutations = &protocol["mutations"];
        assert_eq!(mutations["kill_rate"], 100, "{mutations:#}");
        assert!(mutations["made"].as_u64().unwrap() > 1_000, "{mutations:#}");
    }
    let logs = &report["logs"][0];
    assert_eq!(logs["protocol"], "otlp-grpc");
    assert_eq!(logs["mutations"]["survivors"], serde_json::json!([]));
    assert!(
        logs["mutations"]["mutants"].as_u64().unwrap() > 300,
        "{logs:#}"
    );
}

#[test]
fn the_largest_traces_come_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(folder.path());
    let (finished, report) = roundtrip(&backend, &["otlp-grpc"], &["--traces", "large,huge"]);
    assert_whole(&finished, &report);
    assert_eq!(report["protocols"][0]["counts"]["returned"], 60_008);
}

#[test]
fn a_backend_that_is_no_backend_is_named() {
    let finished = run(Command::new(program("trace-check"))
        .args(["roundtrip", &format!("http://127.0.0.1:{}", unused_port())]));
    assert_eq!(finished.code(), Some(2), "{finished:#?}");
    assert!(
        finished.stderr.contains("is this the backend's query API?"),
        "{}",
        finished.stderr
    );
}
