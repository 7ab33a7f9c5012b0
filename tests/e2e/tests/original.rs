//! Tests that the manual samples send what the Python programs they re-implement sent.
//!
//! `tests/kit/captures/` holds what the Python programs sent (Jaeger exporters 1.12.0rc1). Times
//! and ids differ by nature. Intended differences, named in the README: the resource stands in the
//! process and not in every span, the kind `internal` and the `otel.library` aliases are not sent,
//! and an event's name is the field `event`, not `message`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected has failed"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use e2e::get;
use serde_json::Value as Json;
use test_kit::{Backend, program, root, run};

/// A span with ids replaced by the names of their spans.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    name: String,
    parent: Option<String>,
    links: Vec<String>,
    tags: BTreeSet<String>,
    logs: Vec<BTreeSet<String>>,
    flags: i64,
    service: String,
    resource: BTreeSet<String>,
}

#[test]
fn thrift_sends_what_the_original_sends() {
    check(
        "manual-thrift",
        "python-thrift-manual",
        |backend| backend.jaeger_thrift("/api/traces"),
        from_thrift,
    );
}

#[test]
fn grpc_sends_what_the_original_sends() {
    check(
        "manual-grpc",
        "python-grpc-manual",
        Backend::jaeger_grpc,
        from_grpc,
    );
}

fn check(
    sample: &str,
    capture: &str,
    endpoint: fn(&Backend) -> String,
    read_capture: fn(&Json) -> Vec<Span>,
) {
    let backend = Backend::in_memory();
    let finished =
        run(Command::new(program(sample)).env("OTEL_EXPORTER_JAEGER_ENDPOINT", endpoint(&backend)));
    assert_eq!(finished.code(), Some(0), "{finished:#?}");

    let traces = get(&backend.ui("/api/traces?service=my-helloworld-service"));
    let [trace] = traces["data"].as_array().unwrap().as_slice() else {
        panic!("expected one trace, found {traces:#}");
    };
    let captured = root().join(format!("tests/kit/captures/{capture}.json"));
    let captured: Json = serde_json::from_str(&fs::read_to_string(captured).unwrap()).unwrap();
    assert_eq!(sorted(from_backend(trace)), sorted(read_capture(&captured)));
}

fn sorted(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    spans
}

fn list<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    json[key].as_array().map_or(&[], Vec::as_slice)
}

fn text(json: &Json, key: &str) -> String {
    json[key].as_str().unwrap_or_default().to_owned()
}

/// The name of the span with each id, given the keys of both in this form.
fn names(spans: &[Json], id: &str, name: &str) -> BTreeMap<String, String> {
    spans
        .iter()
        .map(|span| (span[id].to_string(), text(span, name)))
        .collect()
}

/// The tags to compare, without the intended differences.
fn compared(tags: impl IntoIterator<Item = (String, String)>) -> BTreeSet<String> {
    tags.into_iter()
        .filter(|(key, _)| {
            !key.starts_with("otel.library.")
                && !key.starts_with("otel.scope.")
                && !key.starts_with("telemetry.")
                && key != "service.name"
                && key != "span.kind"
        })
        .map(|(key, value)| match key.as_str() {
            "message" => format!("event={value}"),
            _ => format!("{key}={value}"),
        })
        .collect()
}

/// The keys of a resource; the values name the language.
fn resource_keys(keys: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    keys.into_iter()
        .filter(|key| key != "service.name")
        .collect()
}

fn from_backend(trace: &Json) -> Vec<Span> {
    let tag = |tag: &Json| (text(tag, "key"), typed(&text(tag, "type"), &tag["value"]));
    let spans = list(trace, "spans");
    let names = names(spans, "spanID", "operationName");
    spans
        .iter()
        .map(|span| {
            let process = &trace["processes"][text(span, "processID")];
            let refer = |kind: &str| {
                list(span, "references")
                    .iter()
                    .filter(|reference| reference["refType"] == kind)
                    .map(|reference| names[&reference["spanID"].to_string()].clone())
                    .collect::<Vec<_>>()
            };
            Span {
                name: text(span, "operationName"),
                parent: refer("CHILD_OF").into_iter().next(),
                links: refer("FOLLOWS_FROM"),
                tags: compared(list(span, "tags").iter().map(tag)),
                logs: list(span, "logs")
                    .iter()
                    .map(|log| compared(list(log, "fields").iter().map(tag)))
                    .collect(),
                flags: span["flags"].as_i64().unwrap_or_default(),
                service: text(process, "serviceName"),
                resource: resource_keys(list(process, "tags").iter().map(|tag| text(tag, "key"))),
            }
        })
        .collect()
}

fn from_thrift(capture: &Json) -> Vec<Span> {
    let tag = |tag: &Json| {
        let kind = text(tag, "vType");
        let (member, kind) = match kind.as_str() {
            "BOOL" => ("vBool", "bool"),
            "DOUBLE" => ("vDouble", "float64"),
            "LONG" => ("vLong", "int64"),
            _ => ("vStr", "string"),
        };
        (text(tag, "key"), typed(kind, &tag[member]))
    };
    let batch = &capture["batch"];
    let spans = list(batch, "spans");
    let names = names(spans, "spanId", "operationName");
    spans
        .iter()
        .map(|span| Span {
            name: text(span, "operationName"),
            parent: names.get(&span["parentSpanId"].to_string()).cloned(),
            links: list(span, "references")
                .iter()
                .map(|reference| names[&reference["spanId"].to_string()].clone())
                .collect(),
            tags: compared(list(span, "tags").iter().map(tag)),
            logs: list(span, "logs")
                .iter()
                .map(|log| compared(list(log, "fields").iter().map(tag)))
                .collect(),
            flags: span["flags"].as_i64().unwrap(),
            service: text(&batch["process"], "serviceName"),
            // The original copied its resource into every span.
            resource: resource_keys(
                list(span, "tags")
                    .iter()
                    .map(|tag| text(tag, "key"))
                    .filter(|key| key.starts_with("telemetry.")),
            ),
        })
        .collect()
}

fn from_grpc(capture: &Json) -> Vec<Span> {
    let tag = |tag: &Json| {
        let (member, kind) = match text(tag, "v_type").as_str() {
            "BOOL" => ("v_bool", "bool"),
            "FLOAT64" => ("v_float64", "float64"),
            "INT64" => ("v_int64", "int64"),
            _ => ("v_str", "string"),
        };
        (text(tag, "key"), typed(kind, &tag[member]))
    };
    let spans = list(&capture["batch"], "spans");
    let names = names(spans, "span_id", "operation_name");
    spans
        .iter()
        .map(|span| {
            let refer = |follows: bool| {
                list(span, "references")
                    .iter()
                    .filter(|reference| (reference["ref_type"] == "FOLLOWS_FROM") == follows)
                    .map(|reference| names[&reference["span_id"].to_string()].clone())
                    .collect::<Vec<_>>()
            };
            Span {
                name: text(span, "operation_name"),
                parent: refer(false).into_iter().next(),
                links: refer(true),
                tags: compared(list(span, "tags").iter().map(tag)),
                logs: list(span, "logs")
                    .iter()
                    .map(|log| compared(list(log, "fields").iter().map(tag)))
                    .collect(),
                flags: span["flags"].as_i64().unwrap(),
                service: text(&span["process"], "service_name"),
                resource: resource_keys(
                    list(&span["process"], "tags")
                        .iter()
                        .map(|tag| text(tag, "key")),
                ),
            }
        })
        .collect()
}

/// A value with its type, in one notation for all forms.
fn typed(kind: &str, value: &Json) -> String {
    match (kind, value.as_f64()) {
        ("float64", Some(number)) => format!("float64 {number:?}"),
        _ => format!("{kind} {value}"),
    }
}
