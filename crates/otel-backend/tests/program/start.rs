//! Tests the errors with which the program refuses to start.

use std::net::{TcpListener, UdpSocket};

use otel_backend::config::Endpoint;

use crate::support::{Backend, command, refused};

#[tokio::test]
async fn a_second_process_on_the_same_directory_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let first = Backend::in_directory(directory.path());
    let second = refused(command(&["--data-dir", path]));
    assert_eq!(second.status.code(), Some(1));
    assert_eq!(
        second.stderr,
        format!(
            "otel-backend: data directory {path} is in use by otel-backend with process id {}: \
             stop that one, or choose another directory with --data-dir or OTEL_BACKEND_DATA_DIR\n",
            first.id()
        )
    );
}

#[test]
fn a_port_in_use_is_named_with_what_moves_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refusal = refused(command(&["--memory", "--otlp-http-port", &port]));
    assert_eq!(refusal.status.code(), Some(1));
    assert!(
        refusal.stderr.starts_with(&format!(
            "otel-backend: cannot listen on 127.0.0.1:{port} (OTLP HTTP): "
        )),
        "{}",
        refusal.stderr
    );
    let hint = "choose another port with --otlp-http-port or OTEL_BACKEND_OTLP_HTTP_PORT, or off\n";
    assert!(refusal.stderr.ends_with(hint), "{}", refusal.stderr);
}

#[test]
fn a_newer_format_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("traces.sqlite");
    let path = directory.path().to_str().unwrap();
    let database = rusqlite::Connection::open(&file).unwrap();
    let newer = "CREATE TABLE t (x); PRAGMA application_id = 0x4f54454c; PRAGMA user_version = 9";
    database.execute_batch(newer).unwrap();
    drop(database);
    let refusal = refused(command(&["--data-dir", path]));
    assert_eq!(refusal.status.code(), Some(1));
    assert_eq!(
        refusal.stderr,
        format!(
            "otel-backend: {} has format 9, and this otel-backend reads formats up to 8: use a newer \
             otel-backend, or choose another directory with --data-dir or OTEL_BACKEND_DATA_DIR\n",
            file.display()
        )
    );
}

#[test]
fn a_file_that_is_something_else_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("traces.sqlite");
    let path = directory.path().to_str().unwrap();
    let text = "this is not a database, but it may be somebody's; it is longer than a header\n";
    std::fs::write(&file, text.repeat(10)).unwrap();
    let refusal = refused(command(&["--data-dir", path]));
    assert_eq!(refusal.status.code(), Some(1));
    assert!(
        refusal.stderr.contains("is not a database of otel-backend"),
        "{}",
        refusal.stderr
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text.repeat(10));
}

#[test]
fn wrong_values_end_with_the_code_for_wrong_usage() {
    let refusal = refused(command(&[
        "--memory",
        "--ui-port",
        "many",
        "--listen",
        "here",
    ]));
    assert_eq!(refusal.status.code(), Some(64));
    assert_eq!(refusal.stderr.lines().count(), 2);
    assert_eq!(
        refused(command(&["--no-such-flag"])).status.code(),
        Some(64)
    );
}

#[tokio::test]
async fn health_asks_the_backend_that_runs() {
    let backend = Backend::in_memory();
    let url = backend.url("trace page and query API", "");
    let port = url.rsplit_once(':').unwrap().1;
    let health = |port: &str| refused(command(&["--memory", "--ui-port", port, "health"]));

    let ready = health(port);
    assert_eq!((ready.status.code(), ready.stderr.as_str()), (Some(0), ""));

    drop(backend);
    let gone = health(port);
    assert_eq!(gone.status.code(), Some(1));
    let start = format!("otel-backend: no answer from 127.0.0.1:{port}: ");
    assert!(gone.stderr.starts_with(&start), "{}", gone.stderr);
}

#[test]
fn every_port_in_use_is_named_at_once() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let tcp_port = tcp.local_addr().unwrap().port().to_string();
    let udp_port = udp.local_addr().unwrap().port().to_string();
    let ports = [
        "--zipkin-port",
        &tcp_port,
        "--jaeger-compact-port",
        &udp_port,
    ];
    let refusal = refused(command(&[&["--memory"], &ports[..]].concat()));
    let lines: Vec<_> = refusal.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", refusal.stderr);
    assert!(lines[0].contains("--jaeger-compact-port"), "{}", lines[0]);
    assert!(lines[1].contains("--zipkin-port"), "{}", lines[1]);
}

#[test]
fn the_test_kit_moves_every_port() {
    let variables = Endpoint::ALL.map(Endpoint::variable);
    assert_eq!(variables.as_slice(), test_kit::PORTS);
}
