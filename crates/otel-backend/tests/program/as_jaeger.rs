//! Compares answers with those of Jaeger 2.20.0 for the same spans, `as_jaeger/spans.json`.
//!
//! `trace.json` is the first answer of `/api/traces/{id}`; `v3.json` is the `result` of
//! `/api/v3/traces/{id}?rawTraces=true`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Backend, ask, export, get_json};

const SPANS: &str = include_str!("as_jaeger/spans.json");
const TRACE: &str = include_str!("as_jaeger/trace.json");
const V3: &str = include_str!("as_jaeger/v3.json");
const ID: &str = "0a0b0c0d0e0f1012";

async fn backend() -> Backend {
    let backend = Backend::in_memory();
    export(&backend, &serde_json::from_str(SPANS).unwrap()).await;
    backend
}

/// Jaeger gives a name to a span without one.
fn unnamed(span: &mut Value) {
    for key in ["operationName", "name"] {
        if span.get(key).is_some_and(|name| name == "empty-span-name") {
            span[key] = "".into();
        }
    }
}

/// The spans by id, each with its process.
fn spans(trace: &Value) -> BTreeMap<String, Value> {
    let spans = trace["spans"].as_array().unwrap().iter();
    let spans = spans.map(|span| {
        let mut span = span.clone();
        unnamed(&mut span);
        let process = span["processID"].as_str().unwrap();
        span["processID"] = trace["processes"][process].clone();
        (span["spanID"].as_str().unwrap().to_owned(), span)
    });
    spans.collect()
}

#[tokio::test]
async fn a_trace_is_as_jaeger_shows_it() {
    let backend = backend().await;
    let answer = get_json(&backend.ui(&format!("/api/traces/{ID}"))).await;
    let jaeger: Value = serde_json::from_str(TRACE).unwrap();
    let (here, there) = (spans(&answer["data"][0]), spans(&jaeger));
    assert_eq!(here.len(), there.len());
    for (id, span) in there {
        assert_eq!(here[&id], span, "{id}");
    }
    // In the order in which they were sent, without Jaeger's warnings.
    let exact = get_json(&backend.ui(&format!("/api/traces/{ID}?exact=true"))).await;
    let exact = spans(&exact["data"][0]);
    let root = &exact["0000000000000001"];
    let keys = root["tags"].as_array().unwrap().iter();
    let keys: Vec<_> = keys.map(|tag| tag["key"].as_str().unwrap()).collect();
    assert_eq!(keys[2..5], ["z", "b", "m"]);
    assert!(exact.values().all(|span| span["warnings"].is_null()));
    let raw = get_json(&backend.ui(&format!("/api/traces/{ID}?raw=true"))).await;
    let raw = spans(&raw["data"][0]);
    assert!(raw.values().all(|span| span["warnings"].is_null()));
}

#[tokio::test]
async fn an_outline_is_what_a_timeline_draws_of_the_exact_answer() {
    let backend = backend().await;
    let ask = async |detail| {
        let answer = get_json(&backend.ui(&format!("/api/traces/{ID}?{detail}=true"))).await;
        spans(&answer["data"][0])
    };
    let (outline, exact) = (ask("outline").await, ask("exact").await);
    assert!(outline.keys().eq(exact.keys()));
    let is_drawn = |tag: &&Value| {
        let key = tag["key"].as_str().unwrap();
        ["error", "span.kind", "otel.status_description"].contains(&key) || key.starts_with("db.")
    };
    for (id, span) in &exact {
        let drawn = &outline[id];
        for member in ["operationName", "startTime", "duration", "processID"] {
            assert_eq!(drawn[member], span[member], "{member} of {id}");
        }
        let tags = span["tags"].as_array().unwrap().iter().filter(is_drawn);
        let in_outline = drawn["tags"].as_array().into_iter().flatten();
        assert!(in_outline.eq(tags), "the tags of {id}: {drawn}");
        let times = |span: &Value| {
            let logs = span["logs"].as_array().into_iter().flatten();
            logs.map(|log| log["timestamp"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(times(drawn), times(span), "the events of {id}");
        let references = span["references"].as_array().unwrap();
        if let Some(parent) = drawn.get("parentSpanID") {
            assert_eq!(references.len(), 1, "{id}");
            assert_eq!(parent, &references[0]["spanID"]);
        } else {
            let drawn = drawn["references"].as_array().into_iter().flatten();
            assert!(drawn.eq(references), "the references of {id}");
        }
    }
}

#[tokio::test]
async fn what_is_zero_is_left_out_of_v3_as_jaeger_does() {
    fn members(result: &Value) -> BTreeMap<String, Vec<String>> {
        let groups = result["resourceSpans"].as_array().unwrap().iter();
        let scopes = groups.flat_map(|group| group["scopeSpans"].as_array().unwrap());
        let spans = scopes.flat_map(|scope| scope["spans"].as_array().unwrap());
        let of_span = |span: &Value| {
            let members = span.as_object().unwrap().iter();
            let members = members.filter(|(_, value)| *value != "empty-span-name");
            let mut members: Vec<_> = members.map(|(key, _)| key.clone()).collect();
            members.sort();
            (span["spanId"].as_str().unwrap().to_owned(), members)
        };
        spans.map(of_span).collect()
    }
    let backend = backend().await;
    let path = format!("/api/v3/traces/{ID}?rawTraces=true");
    let answer = get_json(&backend.ui(&path)).await;
    let jaeger: Value = serde_json::from_str(V3).unwrap();
    assert_eq!(members(&answer["result"]), members(&jaeger));
}

#[tokio::test]
async fn ids_are_refused_in_jaegers_words() {
    let backend = Backend::in_memory();
    let length = "invalid length for TraceID";
    let number = |text| format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
    for id in ["xyz", "zz", "12g", "-1", "0x12"] {
        let rows = [
            (format!("/api/traces/{id}"), length.to_owned()),
            (
                format!("/api/v3/traces/{id}"),
                format!("malformed parameter trace_id: {length}"),
            ),
            (
                format!("/api/traces?traceID={id}"),
                format!("cannot parse traceID param: {}", number(id)),
            ),
        ];
        for (path, expected) in rows {
            let (status, _, body) = ask(&backend, reqwest::Method::GET, &path).await;
            let said = serde_json::to_string(&expected).unwrap();
            assert!(status == 400 && body.contains(&said), "{path}: {body}");
        }
    }
}

/// A span that a page shows in red is found by `error=true`, counted as an error, and not found by
/// `error=false`.
#[tokio::test]
async fn one_rule_says_what_an_error_is() {
    let backend = backend().await;
    let window = "start=0&end=1900000000000000";
    for (tag, expected) in [
        ("operation=GET /&tag=error:false", 1),
        ("operation=GET /&tag=error:true", 0),
        // Its status is not set.
        ("operation=same host&tag=error:false", 0),
        // Its status is OK, but its attribute `error` is true.
        ("operation=orphan&tag=error:false", 0),
        ("operation=orphan&tag=error:true", 1),
    ] {
        let path = format!("/api/traces?service=front&{window}&{tag}");
        let answer = get_json(&backend.ui(&path)).await;
        assert_eq!(answer["data"].as_array().unwrap().len(), expected, "{tag}");
    }
    let window = "query.startTimeMin=2026-01-01T00:00:00Z&query.startTimeMax=2027-01-01T00:00:00Z";
    let summaries = get_json(&backend.ui(&format!("/api/v3/trace-summaries?{window}"))).await;
    assert_eq!(summaries["summaries"][0]["errorSpanCount"], 2);
}

#[tokio::test]
async fn the_name_of_a_service_is_decoded_once_and_once_more_if_there_is_none() {
    let backend = Backend::in_memory();
    let spans = SPANS.replace("front", "pct%2Fx").replace("back", "a/b");
    export(&backend, &serde_json::from_str(&spans).unwrap()).await;
    for (name, expected) in [("pct%252Fx", 4), ("a%2Fb", 4), ("a%252Fb", 4), ("a/b", 4)] {
        let path = format!("/api/services/{name}/operations");
        let answer = get_json(&backend.ui(&path)).await;
        assert_eq!(answer["total"], expected, "{name}");
    }
}
