//! Tests `./bootstrap.sh` as a new user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected has failed"
)]

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
};

use test_kit::{program, root, run, unused_port};

/// The variables that set every TCP port, so that tests can run side by side.
const PORTS: [&str; 9] = [
    "SERVER_PORT",
    "OTEL_BACKEND_UI_PORT",
    "OTEL_BACKEND_JAEGER_THRIFT_PORT",
    "OTEL_BACKEND_JAEGER_GRPC_PORT",
    "OTEL_BACKEND_OTLP_GRPC_PORT",
    "OTEL_BACKEND_OTLP_HTTP_PORT",
    "OTEL_BACKEND_QUERY_GRPC_PORT",
    "OTEL_BACKEND_ZIPKIN_PORT",
    "OTEL_BACKEND_SAMPLING_PORT",
];

/// `./bootstrap.sh --once` on `ports`, with its traces under `state`.
fn bootstrap(ports: &[u16; 9], state: &Path) -> Command {
    let mut command = Command::new(root().join("bootstrap.sh"));
    command
        .arg("--once")
        .env("BUILD_PROFILE", profile())
        .env("XDG_STATE_HOME", state)
        .env("OTEL_BACKEND_JAEGER_COMPACT_PORT", "0")
        .env("OTEL_BACKEND_JAEGER_BINARY_PORT", "0")
        .env_remove("BACKEND_HOST");
    for (variable, port) in PORTS.iter().zip(ports) {
        command.env(variable, port.to_string());
    }
    command
}

/// The build profile of the running test, whose programs are already built.
fn profile() -> &'static str {
    if program("otel-backend")
        .parent()
        .unwrap()
        .ends_with("release")
    {
        "release"
    } else {
        "dev"
    }
}

#[test]
fn every_span_of_two_runs_is_found() {
    let state = tempfile::tempdir().unwrap();
    let ports = PORTS.map(|_| unused_port());
    for _ in 0..2 {
        let finished = run(&mut bootstrap(&ports, state.path()));
        assert_eq!(finished.code(), Some(0), "{finished:#?}");

        let table: Vec<&str> = finished
            .stdout
            .lines()
            .skip_while(|line| !line.starts_with("sample "))
            .collect();
        assert_eq!(table.len(), 6, "{table:#?}");
        for (line, (sample, spans)) in table.iter().skip(1).zip([
            ("automatic", 4),
            ("manual-grpc", 3),
            ("manual-thrift", 3),
            ("manual-otlp", 3),
        ]) {
            assert!(line.starts_with(sample), "{line}");
            assert!(
                line.contains(&format!("{spans}      {spans}  http://")),
                "{line}"
            );
        }
        assert_eq!(
            table[5],
            "all 13 spans arrived, and every field equals what was sent"
        );
        for port in ports {
            assert!(
                TcpStream::connect(("127.0.0.1", port)).is_err(),
                "something was left running on port {port}"
            );
        }
    }
}

#[test]
fn a_taken_port_is_named_with_the_variable_that_moves_it() {
    let state = tempfile::tempdir().unwrap();
    for (index, variable) in PORTS.iter().enumerate() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut ports = PORTS.map(|_| unused_port());
        ports[index] = taken.local_addr().unwrap().port();

        let finished = run(&mut bootstrap(&ports, state.path()));
        assert_eq!(finished.code(), Some(2), "{finished:#?}");
        let line = finished.stderr.lines().last().unwrap();
        assert!(line.contains(&format!("port {} ", ports[index])), "{line}");
        assert!(line.contains(variable), "{line}");
    }
}

#[test]
fn an_unknown_argument_is_refused() {
    let finished = run(Command::new(root().join("bootstrap.sh")).arg("--twice"));
    assert_eq!(finished.code(), Some(2));
    assert!(finished.stderr.contains("--twice"), "{}", finished.stderr);
}
