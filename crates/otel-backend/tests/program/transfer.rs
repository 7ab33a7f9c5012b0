//! Tests `import` and `export`: from files to the store and back.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::{Backend, command, export, get, get_json, of_service, shop_trace};

/// Runs `otel-backend` with these arguments on a directory.
fn run(directory: &Path, arguments: &[&str]) -> Output {
    with(
        command(&["--data-dir", directory.to_str().unwrap()]),
        arguments,
    )
}

fn with(mut command: Command, arguments: &[&str]) -> Output {
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .output()
        .unwrap()
}

/// The output of an export, which must succeed.
fn exported(directory: &Path, arguments: &[&str]) -> String {
    let output = run(directory, &[&["export"], arguments].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn import(directory: &Path, file: &Path) -> Output {
    run(directory, &["import", "--json", file.to_str().unwrap()])
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn write(directory: &Path, name: &str, content: &str) -> std::path::PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// A directory with the shop's trace and one of another service.
async fn filled() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    export(&backend, &shop_trace()).await;
    let span = json!({
        "traceId": "0123456789abcdef0123456789abcdef", "spanId": "00000000000000ff",
        "traceState": "a=b", "flags": 257, "name": "späť \u{1F980}", "kind": 5,
        "startTimeUnixNano": "1800000000000000001", "endTimeUnixNano": "1800000000000000000",
        "droppedAttributesCount": 3,
        "attributes": [
            {"key": "nan", "value": {"doubleValue": "NaN"}},
            {"key": "bytes", "value": {"bytesValue": "AAEC/w=="}},
            {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {}}]}}},
        ],
    });
    export(&backend, &of_service("other", &[span])).await;
    assert!(backend.terminate().status.success());
    directory
}

#[tokio::test]
async fn what_is_exported_in_otlp_is_imported_as_it_was() {
    let (source, target) = (filled().await, tempfile::tempdir().unwrap());
    let otlp = exported(source.path(), &[]);
    assert_eq!(otlp.lines().count(), 2, "a trace a line");
    let output = import(target.path(), &write(target.path(), "otlp.jsonl", &otlp));
    assert!(output.status.success());
    assert_eq!(
        report(&output),
        json!({"files": 1, "spans": 3, "rejected": 0, "problems": [], "problemCount": 0})
    );
    assert_eq!(exported(target.path(), &[]), otlp);
}

#[tokio::test]
async fn traces_that_lie_in_the_same_frames_are_exported_beside_a_backend() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    let (traces, requests) = (300, 100);
    for request in 1..=requests {
        let span = |trace: u32| {
            json!({
                "traceId": format!("{trace:032x}"), "spanId": format!("{request:016x}"),
                "name": "long".repeat(20), "startTimeUnixNano": format!("18000000000000{request:05}"),
            })
        };
        let spans: Vec<_> = (1..=traces).map(span).collect();
        export(&backend, &of_service("shop", &spans)).await;
    }
    let otlp = exported(directory.path(), &[]);
    assert_eq!(otlp.lines().count(), traces as usize);
    let spans = otlp.lines().map(|line| line.matches("spanId").count());
    assert_eq!(spans.collect::<Vec<_>>(), vec![requests; traces as usize]);
}

#[tokio::test]
async fn what_is_exported_for_jaeger_is_imported_as_it_was_shown() {
    let (source, target) = (filled().await, tempfile::tempdir().unwrap());
    let jaeger = exported(source.path(), &["--format", "jaeger", "--service", "shop"]);
    let document: Value = serde_json::from_str(&jaeger).unwrap();
    assert_eq!(document["data"].as_array().unwrap().len(), 1);

    // The whole document, only its list, and only its trace.
    let trace = &document["data"][0];
    for content in [&jaeger, &document["data"].to_string(), &trace.to_string()] {
        let target = tempfile::tempdir().unwrap();
        let output = import(target.path(), &write(target.path(), "jaeger.json", content));
        assert_eq!(report(&output)["spans"], 2, "{:?}", output.stderr);
        let again = exported(target.path(), &["--format", "jaeger"]);
        assert_eq!(serde_json::from_str::<Value>(&again).unwrap(), document);
    }
    // A running backend imports it too, and shows it like the first one.
    let backend = Backend::in_directory(target.path());
    let port = backend.otlp_http("").rsplit_once(':').unwrap().1.to_owned();
    let mut program = command(&["--data-dir", target.path().to_str().unwrap()]);
    program.env("OTEL_BACKEND_OTLP_HTTP_PORT", port);
    let file = write(source.path(), "jaeger.json", &jaeger);
    let output = with(program, &["import", file.to_str().unwrap()]);
    assert!(output.status.success(), "{:?}", output.stderr);
    let shown = get_json(&backend.ui("/api/traces/abcd")).await;
    assert_eq!(shown["data"], document["data"]);
    // Its files can be read meanwhile.
    let again = exported(target.path(), &["--format", "jaeger"]);
    assert_eq!(serde_json::from_str::<Value>(&again).unwrap(), document);
}

#[tokio::test]
async fn what_is_broken_is_said_with_its_place_and_costs_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let line = |id: &str| {
        let span = json!({"traceId": format!("{id:0>32}"), "spanId": "0000000000000001"});
        of_service("lines", &[span]).to_string()
    };
    let no_id = of_service("lines", &[json!({"spanId": "0000000000000001"})]).to_string();
    let (first, last) = (line("a1"), line("a2"));
    let content = format!("{first}\n{{\"resourceSpans\": [\n{no_id}\n{{\"a\": 1}}\n{last}\n");
    let file = write(directory.path(), "lines.jsonl", &content);
    let output = import(directory.path(), &file);
    assert_eq!(output.status.code(), Some(1));
    let report = report(&output);
    assert_eq!(
        (&report["spans"], &report["rejected"]),
        (&json!(2), &json!(1))
    );
    let problems: Vec<_> = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p.as_str().unwrap())
        .collect();
    let prefix = file.display();
    assert_eq!(
        problems,
        [
            format!("{prefix}: line 2, column 19: EOF while parsing a list"),
            format!("{prefix}: line 3, span 1: trace id has 0 bytes instead of 16"),
            format!(
                "{prefix}: line 4: neither OTLP nor Jaeger nor Zipkin: there is no resourceSpans, no resourceLogs, no data, no spans and no list of Zipkin's spans"
            ),
        ]
    );
    let backend = Backend::in_directory(directory.path());
    for id in ["a1", "a2"] {
        assert_eq!(get(&backend.ui(&format!("/api/traces/{id}"))).await.0, 200);
    }
}

#[tokio::test]
async fn exports_are_selected_by_service_time_and_id() {
    let directory = filled().await;
    let ids = |arguments: &[&str]| {
        let otlp = exported(directory.path(), arguments);
        let id = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"].clone()
        };
        otlp.lines().map(id).collect::<Vec<_>>()
    };
    let shop = "0000000000000000000000000000abcd";
    let other = "0123456789abcdef0123456789abcdef";
    assert_eq!(ids(&[]), [shop, other], "oldest first");
    assert_eq!(ids(&["--service", "other"]), [other]);
    assert_eq!(ids(&["--trace", "abcd"]), [shop]);
    assert_eq!(ids(&["--to", "2024-01-01T00:00:00Z"]), [shop]);
    assert_eq!(ids(&["--from", "2024-01-01T00:00:00Z"]), [other]);
    assert_eq!(
        ids(&["--from", "2024-01-01T00:00:00Z", "--service", "shop"]),
        [""; 0]
    );

    let wrong = run(directory.path(), &["export", "--from", "yesterday"]);
    assert_eq!(wrong.status.code(), Some(1));
    let none = tempfile::tempdir().unwrap();
    let none = run(none.path(), &["export"]);
    assert!(
        String::from_utf8(none.stderr)
            .unwrap()
            .contains("cannot use ")
    );
}

/// The program run by an unprivileged user, since root may write everywhere.
fn unprivileged(directory: &Path, arguments: &[&str]) -> Output {
    let program = tempfile::tempdir().unwrap();
    std::fs::set_permissions(program.path(), Permissions::from_mode(0o755)).unwrap();
    let copy = program.path().join("otel-backend");
    let original = command(&["--data-dir", directory.to_str().unwrap()]);
    // Copied by another process: what another test starts would inherit the file opened for writing,
    // and a program that is open for writing cannot be run.
    let copied = Command::new("cp")
        .arg(original.get_program())
        .arg(&copy)
        .status();
    assert!(copied.unwrap().success());
    let mut command = Command::new(copy);
    command.env_clear().args(original.get_args());
    let variables = original
        .get_envs()
        .filter_map(|(key, value)| Some((key, value?)));
    command.envs(variables);
    if rustix::process::geteuid().is_root() {
        const NOBODY: u32 = 65_534;
        command.uid(NOBODY).gid(NOBODY);
    }
    with(command, arguments)
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_exported_all_the_same() {
    let directory = filled().await;
    let path = directory.path();
    let expected = exported(path, &[]);
    std::fs::set_permissions(path, Permissions::from_mode(0o555)).unwrap();
    let exported = unprivileged(path, &["export"]);
    let started = unprivileged(path, &[]);
    std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();

    let stderr = String::from_utf8(exported.stderr).unwrap();
    assert!(exported.status.success(), "{stderr}");
    assert_eq!(String::from_utf8(exported.stdout).unwrap(), expected);
    assert_eq!(started.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(started.stderr).unwrap(),
        format!(
            "otel-backend: cannot use {}: Permission denied (os error 13): choose another directory \
             with --data-dir or OTEL_BACKEND_DATA_DIR\n",
            path.join("otel-backend.lock").display()
        )
    );
}
