//! Tests the gallery as a new user runs it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected has failed"
)]

use std::process::Command;

use test_kit::{Backend, program, run};

/// The troubles, in the order of the exhibits.
const TROUBLES: [&str; 12] = [
    "refused",
    "retries",
    "lock",
    "query-per-item",
    "cold-cache",
    "queue",
    "lost-context",
    "clock-skew",
    "huge-attribute",
    "leak",
    "early-end",
    "sampling",
];

/// `shop gallery`, sending to `backend` and searching there.
fn gallery(backend: &Backend, more: &[&str]) -> Command {
    // It runs trace-check, which must be in the same folder.
    program("trace-check");
    let mut command = Command::new(program("shop"));
    command
        .args(["gallery", "--otlp-endpoint", &backend.otlp_grpc()])
        .args(["--query-url", &backend.ui("")])
        .args(more);
    command
}

#[test]
fn every_trouble_has_an_address_and_a_query_that_finds_it_alone() {
    let backend = Backend::in_memory();
    let finished = run(&mut gallery(&backend, &[]));
    assert_eq!(finished.code(), Some(0), "{finished:#?}");

    // Skips the table's header.
    let lines: Vec<&str> = finished.stdout.lines().skip(1).collect();
    assert_eq!(lines.len(), TROUBLES.len() + 2, "{lines:#?}");
    for (line, trouble) in lines.iter().zip(TROUBLES) {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some(trouble), "{line}");
        let (found, suffered) = words.next().unwrap().split_once('/').unwrap();
        assert_eq!(found, suffered, "{line}");
        assert_ne!(found, "0", "{line}");
        assert!(line.contains(&backend.ui("/")), "{line}");
        assert!(line.contains("  { "), "{line}");
    }
    let everything = format!("all visits: {}?q=", backend.ui("/search"));
    assert!(lines[TROUBLES.len()].starts_with(&everything), "{lines:#?}");
    assert_eq!(
        lines[TROUBLES.len() + 1],
        "12 troubles: each query finds its traces and no others, and every span is accounted for"
    );
}

#[test]
fn where_pages_are_of_another_kind_each_trouble_leads_to_a_trace() {
    let backend = Backend::in_memory();
    let template = ["--trace-url", "http://localhost:3000/explore?id={trace_id}"];
    let mut command = gallery(&backend, &template);
    let finished = run(command.args(["huge-attribute", "lock"]));
    assert_eq!(finished.code(), Some(0), "{finished:#?}");
    let pages = finished.stdout.matches("http://localhost:3000/explore?id=");
    assert_eq!(pages.count(), 2, "{}", finished.stdout);
    assert!(!finished.stdout.contains("/search?"), "{}", finished.stdout);
    assert!(!finished.stdout.contains("uiFind"), "{}", finished.stdout);
}

#[test]
fn a_trouble_that_is_not_found_fails() {
    let (backend, other) = (Backend::in_memory(), Backend::in_memory());
    let elsewhere = ["--query-url", &other.ui(""), "--timeout", "0", "refused"];
    let finished = run(Command::new(program("shop"))
        .args(["gallery", "--otlp-endpoint", &backend.otlp_grpc()])
        .args(elsewhere));
    assert_eq!(finished.code(), Some(1), "{finished:#?}");
    assert!(
        finished
            .stdout
            .contains("refused: the query does not find "),
        "{}",
        finished.stdout
    );
    let last = finished.stdout.lines().last();
    assert_eq!(
        last,
        Some("1 of 1 troubles were not found as they should be")
    );
}

#[test]
fn what_is_checked_does_not_depend_on_the_variables_around_it() {
    let backend = Backend::in_memory();
    let finished = run(gallery(&backend, &["huge-attribute"])
        .env("OTEL_TRACES_SAMPLER", "always_off")
        .env("OTEL_SDK_DISABLED", "true")
        .env("OTEL_PROPAGATORS", "none"));
    assert_eq!(finished.code(), Some(0), "{finished:#?}");
}

#[test]
fn a_trouble_that_does_not_exist_is_refused() {
    let finished = run(Command::new(program("shop")).args(["gallery", "boredom"]));
    assert_eq!(finished.code(), Some(2));
    assert!(
        finished.stderr.contains("clock-skew"),
        "{}",
        finished.stderr
    );
}
