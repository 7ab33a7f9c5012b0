//! Tests what real clients send and was once refused or ignored without need.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::limits::metric;
use crate::support::{Backend, command, get, get_json, post};

const JSON: &str = "application/json";

async fn otlp(backend: &Backend, case: &str) -> (u16, Value) {
    let (status, answer) = post(&backend.otlp_http("/v1/traces"), JSON, case.into()).await;
    (status, serde_json::from_slice(&answer).unwrap())
}

#[tokio::test]
async fn names_of_other_times_and_styles_are_read() {
    let backend = Backend::in_memory();
    let snake = include_str!("cases/otlp-snake-case.json");
    let old = json!({"resourceSpans": [{"instrumentationLibrarySpans": [{
        "instrumentationLibrary": {"name": "lib"},
        "spans": [{"traceId": "d".repeat(32), "spanId": "1".repeat(16), "name": "old"}]}]}]});
    for (case, id, expected) in [
        (snake, "c0000000000000000000000000000002", "\"snake\""),
        (
            &old.to_string(),
            "dddddddddddddddddddddddddddddddd",
            "\"lib\"",
        ),
    ] {
        assert_eq!(otlp(&backend, case).await, (200, json!({})));
        let found = get_json(&backend.ui(&format!("/api/v3/traces/{id}"))).await;
        assert!(found.to_string().contains(expected), "{found}");
    }
    let found = get_json(&backend.ui("/api/traces/c0000000000000000000000000000002")).await;
    let start = &found["data"][0]["spans"][0]["startTime"];
    assert_eq!(*start, json!(1_795_937_000_000_000_u64));
}

#[tokio::test]
async fn json_without_any_known_field_is_said_to_be() {
    let backend = Backend::in_memory();
    let (status, answer) = otlp(&backend, r#"{"resourceSpan": []}"#).await;
    assert_eq!(status, 400);
    let message = answer["message"].as_str().unwrap();
    assert!(
        message.starts_with("there is no field resourceSpans, but 'resourceSpan'"),
        "{message}"
    );
    assert_eq!(otlp(&backend, "{}").await, (200, json!({})));
    let zero = include_str!("cases/otlp-zero-trace-id-rejected-silently.json");
    let (status, answer) = otlp(&backend, zero).await;
    assert_eq!(
        (status, &answer["partialSuccess"]["rejectedSpans"]),
        (200, &json!("1"))
    );
    let future = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"traceId":"e0000000000000000000000000000001","spanId":"e000000000000001",
         "startTimeUnixNano":"9223372036854775807"}]}]}]}"#;
    let (status, answer) = otlp(&backend, future).await;
    assert_eq!(
        (status, &answer["partialSuccess"]["rejectedSpans"]),
        (200, &json!("0"))
    );
    assert!(
        answer
            .to_string()
            .contains("1 spans are more than a day ahead"),
        "{answer}"
    );
}

#[tokio::test]
async fn times_in_a_wrong_unit_are_kept_and_said() {
    let backend = Backend::in_memory();
    let millis = include_str!("cases/zipkin-ms-timestamp.json");
    let nanos = millis.replace("1795937000000", "1795937000000000000");
    for spans in [millis, &nanos.replace("b7", "b8")] {
        let answer = post(&backend.url("Zipkin", "/api/v2/spans"), JSON, spans.into()).await;
        assert_eq!(answer, (202, Vec::new()));
    }
    let seconds = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[
        {"traceId":"a000000000000007a000000000000007","spanId":"b9b9b9b9b9b9b9b9",
         "startTimeUnixNano":"1795937000"}]}]}]}"#;
    let (status, answer) = otlp(&backend, seconds).await;
    let warning = answer["partialSuccess"]["errorMessage"].as_str().unwrap();
    assert_eq!(status, 200);
    assert!(
        warning.starts_with("1 spans are from before the year 2000; they are kept"),
        "{warning}"
    );
    let found = get_json(&backend.ui("/api/traces/a000000000000007")).await;
    assert_eq!(found["data"][0]["spans"].as_array().map(Vec::len), Some(2));
    for (protocol, reason) in [
        ("zipkin", "past"),
        ("zipkin", "future"),
        ("otlp_http", "past"),
    ] {
        let counted = format!(
            "otel_backend_spans_of_odd_time_total{{protocol=\"{protocol}\",reason=\"{reason}\"}}"
        );
        assert_eq!(metric(&backend, &counted).await, 1, "{counted}");
    }
    let said = backend.terminate().said;
    assert!(said.contains("microseconds in Zipkin"), "{said}");
}

#[tokio::test]
async fn half_a_character_costs_no_span() {
    let backend = Backend::in_memory();
    let half = include_str!("cases/otlp-lone-surrogate.json");
    assert_eq!(otlp(&backend, half).await, (200, json!({})));
    let found = get_json(&backend.ui("/api/traces/f6000000000000000000000000000001")).await;
    assert_eq!(found["data"][0]["spans"].as_array().map(Vec::len), Some(2));
    assert!(found.to_string().contains("hello \u{fffd}"), "{found}");
    let in_resource = half.replace("lone", "lone\\ude00").replace("f6", "f7");
    assert_eq!(otlp(&backend, &in_resource).await, (200, json!({})));
    let services = get_json(&backend.ui("/api/services")).await;
    assert!(
        services["data"]
            .as_array()
            .unwrap()
            .contains(&json!("lone\u{fffd}")),
        "{services}"
    );
    let zipkin = r#"[{"traceId":"f8","id":"1","name":"\ud83d"}]"#;
    let answer = post(&backend.url("Zipkin", "/api/v2/spans"), JSON, zipkin.into()).await;
    assert_eq!(answer, (202, Vec::new()));
}

#[tokio::test]
async fn doubles_without_a_value_and_times_as_text_are_read() {
    let backend = Backend::in_memory();
    for case in [
        include_str!("cases/otlp-null-double.json"),
        include_str!("cases/otlp-no-end-time.json"),
        include_str!("cases/otlp-one-span-at-zero.json"),
    ] {
        assert_eq!(otlp(&backend, case).await, (200, json!({})));
    }
    let number = include_str!("cases/zipkin-ms-timestamp.json");
    let text = number
        .replace("1795937000000", "\"1795937000000000\"")
        .replace(": 12", ": \"12\"");
    let answer = post(&backend.url("Zipkin", "/api/v2/spans"), JSON, text.into()).await;
    assert_eq!(answer, (202, Vec::new()));
    let found = get_json(&backend.ui("/api/traces/a000000000000007")).await;
    let span = &found["data"][0]["spans"][0];
    assert_eq!(span["startTime"], json!(1_795_937_000_000_000_u64));
    assert_eq!(span["duration"], json!(12));
}

#[tokio::test]
async fn an_attribute_that_says_error_is_found_as_one() {
    let backend = Backend::in_memory();
    let spans = [
        json!({"boolValue": true}),
        json!({"stringValue": "true"}),
        json!({"boolValue": false}),
    ];
    let spans = spans.iter().enumerate().map(|(number, value)| {
        json!({"traceId": format!("{:032x}", number + 1), "spanId": "1".repeat(16),
            "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000000000001",
            "status": {"code": 1}, "attributes": [{"key": "error", "value": value}]})
    });
    let body = crate::support::of_service("errors", &spans.collect::<Vec<_>>());
    assert_eq!(otlp(&backend, &body.to_string()).await, (200, json!({})));
    let search = async |error: &str| {
        let query = format!(
            "service=errors&start=0&end=1800000000000000&tags=%7B%22error%22:%22{error}%22%7D"
        );
        let found = get_json(&backend.ui(&format!("/api/traces?{query}"))).await;
        found["data"].as_array().unwrap().len()
    };
    assert_eq!(search("true").await, 2);
    assert_eq!(search("false").await, 1);
}

/// Imports files, with the directory given after the subcommand, as people do.
fn import(directory: &Path, files: &[(&str, &[u8])]) -> Output {
    let mut program = command(&["import", "--data-dir", directory.to_str().unwrap()]);
    for (name, content) in files {
        let path = directory.join(name);
        std::fs::write(&path, content).unwrap();
        program.arg(path);
    }
    program.output().unwrap()
}

#[tokio::test]
async fn what_the_product_writes_and_reads_elsewhere_is_imported() {
    let mark = "\u{feff}{\"resourceSpans\":[]}";
    let zipkin = r#"[{"traceId":"1a40","id":"1","name":"z","timestamp":1}]"#;
    let group = r#"{"resource":{},"scopeSpans":[{"spans":[{"traceId":"1a500000000000000000000000000001","spanId":"1a50000000000001"}]}]}"#;
    let directory = tempfile::tempdir().unwrap();
    let output = import(
        directory.path(),
        &[
            (
                "array.json",
                include_bytes!("cases/import-array-of-otlp.json"),
            ),
            ("v3.json", include_bytes!("cases/import-own-v3-answer.json")),
            ("old.json", include_bytes!("cases/import-old-trace.json")),
            ("mark.json", mark.as_bytes()),
            ("zipkin.json", zipkin.as_bytes()),
            ("group.jsonl", group.as_bytes()),
        ],
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("6 spans imported, 0 rejected"), "{said}");
    let backend = Backend::in_directory(directory.path());
    for id in [
        "1a320000000000000000000000000001",
        "1a280000000000000000000000000001",
        "1a27",
        "1a40",
    ] {
        assert_eq!(
            get(&backend.ui(&format!("/api/traces/{id}"))).await.0,
            200,
            "{id}"
        );
    }
    // Tempo's answer has ids in base64.
    let tempo = get(&backend.ui("/api/v2/traces/1a320000000000000000000000000001"))
        .await
        .1;
    let other = tempfile::tempdir().unwrap();
    let output = import(other.path(), &[("tempo.json", tempo.as_bytes())]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("1 spans imported, 0 rejected"), "{said}");
}

#[test]
fn what_holds_no_traces_is_an_error_with_its_place() {
    for (content, expected) in [
        (
            &include_bytes!("cases/import-null.json")[..],
            "line 1: neither OTLP nor Jaeger nor Zipkin",
        ),
        (b"", "there is nothing in it"),
        (b"[1,2]", "line 1: neither OTLP nor Jaeger nor Zipkin"),
        (
            br#"{"resource_span":[]}"#,
            "line 1: neither OTLP nor Jaeger nor Zipkin",
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let output = import(directory.path(), &[("file.json", content)]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn a_document_of_countless_parts_is_not_imported() {
    let directory = tempfile::tempdir().unwrap();
    let attributes = "{},".repeat(4_000_001);
    let span = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"attributes":[{attributes}{{}}]}}]}}]}}]}}"#
    );
    let output = import(directory.path(), &[("file.json", span.as_bytes())]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("4000000"), "{said}");
}
