//! Tests the delivery of spans while the backend is unreachable or killed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected has failed"
)]

use std::{path::Path, process::Command};

use test_kit::{Backend, program, run, unused_port};

/// The samples that need no server, each with the variable for its backend.
const MANUAL: [(&str, &str); 3] = [
    ("manual-thrift", "OTEL_EXPORTER_JAEGER_ENDPOINT"),
    ("manual-grpc", "OTEL_EXPORTER_JAEGER_ENDPOINT"),
    ("manual-otlp", "OTEL_EXPORTER_OTLP_ENDPOINT"),
];

fn endpoint(backend: &Backend, sample: &str) -> String {
    match sample {
        "manual-thrift" => backend.jaeger_thrift("/api/traces"),
        "manual-grpc" => backend.jaeger_grpc(),
        _ => backend.otlp_grpc(),
    }
}

/// Runs a sample, and writes its output to a file for trace-check.
fn sample(name: &str, variable: &str, endpoint: &str, folder: &Path) -> String {
    let finished = run(Command::new(program(name)).env(variable, endpoint));
    assert_eq!(finished.code(), Some(0), "{finished:#?}");
    assert!(
        finished.stderr.contains("3 spans sent") && finished.stderr.contains(endpoint),
        "{}",
        finished.stderr
    );
    let printed = folder.join(name);
    std::fs::write(&printed, finished.stdout).unwrap();
    let protocol = match name {
        "manual-thrift" => "thrift-http",
        "manual-grpc" => "jaeger-grpc",
        _ => "otlp-grpc",
    };
    format!("{name}:{protocol}:3:{}", printed.display())
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut backend = Backend::in_directory(&data);

    let mut samples = Vec::new();
    for (name, variable) in MANUAL {
        let endpoint = endpoint(&backend, name);
        samples.push(sample(name, variable, &endpoint, folder.path()));
        // Killed right after the acknowledgement, with no time to write anything more.
        backend = backend.kill().restart();
    }

    let verified = run(Command::new(program("trace-check"))
        .args(["verify", "--query-url", &backend.ui("")])
        .args(&samples));
    assert_eq!(verified.code(), Some(0), "{verified:#?}");
}

#[test]
fn what_cannot_be_compared_is_told_from_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::in_memory();
    let (name, variable) = MANUAL[0];
    let sample = sample(name, variable, &endpoint(&backend, name), folder.path());
    let code = |url: &str| {
        let verified = run(Command::new(program("trace-check"))
            .args(["verify", "--timeout", "0", "--query-url", url])
            .arg(&sample));
        verified.code()
    };
    let other = Backend::in_memory();
    assert_eq!(code(&other.ui("")), Some(1));
    let nothing = format!("http://127.0.0.1:{}", unused_port());
    assert_eq!(code(&nothing), Some(2));
}

#[test]
fn a_backend_that_is_away_gives_one_line_that_names_it() {
    for (name, variable) in MANUAL {
        let endpoint = format!("http://127.0.0.1:{}", unused_port());
        let finished = run(Command::new(program(name)).env(variable, &endpoint));
        assert_eq!(finished.code(), Some(1), "{finished:#?}");
        let lines: Vec<&str> = finished.stderr.lines().collect();
        let [line] = lines.as_slice() else {
            panic!("{name}: expected one line, found {lines:#?}");
        };
        assert!(line.contains(&endpoint), "{line}");
        assert!(line.contains("3 lost"), "{line}");
    }
}

#[test]
fn the_automatic_programs_say_what_they_lost_too() {
    let endpoint = format!("http://127.0.0.1:{}/api/traces", unused_port());
    let server = format!("http://127.0.0.1:{}", unused_port());
    let finished = run(Command::new(program("automatic-client"))
        .arg("testing")
        .env("OTEL_SERVICE_NAME", "client")
        .env("OTEL_TRACES_EXPORTER", "jaeger_thrift")
        .env("OTEL_EXPORTER_JAEGER_ENDPOINT", &endpoint)
        .env("SERVER_URL", &server));
    assert_eq!(finished.code(), Some(1), "{finished:#?}");
    assert!(finished.stderr.contains(&server), "{}", finished.stderr);
    let report: Vec<&str> = finished
        .stderr
        .lines()
        .filter(|line| line.contains("3 lost"))
        .collect();
    let [line] = report.as_slice() else {
        panic!("expected one report: {}", finished.stderr);
    };
    assert!(line.contains(&endpoint), "{line}");
}
