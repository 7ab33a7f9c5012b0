//! Tests the exact requests of Jaeger UI and Grafana, and what they need in the answers.
//!
//! The requests are those of Jaeger UI 2.20 and of Grafana's Jaeger and Tempo data sources.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::{Backend, export, of_service, post, shop_trace};

/// Sends a request with exactly this target; returns status, content type and body.
fn send(backend: &Backend, target: &str, accept: &str) -> (u16, String, Vec<u8>) {
    let url = backend.ui("");
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "GET {target} HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let content_type = head
        .lines()
        .find_map(|line| line.strip_prefix("content-type: "));
    let content_type = content_type.unwrap_or_default().to_owned();
    (status, content_type, answer.split_off(end + 4))
}

fn ask(backend: &Backend, target: &str) -> Value {
    let (status, content_type, body) = send(backend, target, "application/json");
    let text = String::from_utf8(body).unwrap();
    assert_eq!(
        (status, content_type.as_str()),
        (200, "application/json"),
        "{target}: {text}"
    );
    serde_json::from_str(&text).unwrap()
}

async fn with_traces() -> Backend {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let slashed = json!({
        "traceId": "0123456789abcdef0123456789abcdef", "spanId": "0000000000000009", "name": "x",
        "startTimeUnixNano": "1700000000300000000", "endTimeUnixNano": "1700000000400000000",
    });
    export(&backend, &of_service("team/shop", &[slashed])).await;
    backend
}

/// The search form's window around [`shop_trace`].
const FORM: &str = "query.startTimeMin=2023-11-14T22%3A13%3A20.000Z&query.startTimeMax=2023-11-14T22%3A13%3A21.000Z\
                    &query.searchDepth=20";

#[tokio::test]
async fn jaeger_ui_fills_its_search_form_and_lists_results() {
    let backend = with_traces().await;
    assert_eq!(
        ask(&backend, "/api/v3/services"),
        json!({"services": ["shop", "team/shop"]})
    );
    assert_eq!(
        ask(&backend, "/api/v3/operations?service=team%2Fshop"),
        json!({"operations": [{"name": "x", "spanKind": "internal"}]})
    );
    for (more, expected) in [
        ("&query.serviceName=shop", 1),
        ("&query.serviceName=team%2Fshop", 1),
        ("&query.serviceName=shop&query.operationName=SELECT", 1),
        (
            "&query.serviceName=shop&query.attributes=%7B%22error%22%3A%22true%22%7D",
            1,
        ),
        (
            "&query.serviceName=shop&query.attributes=%7B%22error%22%3A%22true%22%2C%22n%22%3A%22true%22%7D",
            0,
        ),
        ("&query.serviceName=shop&query.durationMin=100%20ms", 1),
        ("&query.serviceName=shop&query.durationMin=1s", 0),
        ("&query.serviceName=shop&query.durationMax=1.2ms", 0),
        // All services.
        ("", 2),
    ] {
        let found = ask(&backend, &format!("/api/v3/trace-summaries?{FORM}{more}"));
        let summaries = found["summaries"].as_array().unwrap();
        assert_eq!(summaries.len(), expected, "{more}");
        for summary in summaries {
            let id = summary["traceId"].as_str().unwrap();
            assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()));
            for time in ["minStartTimeUnixNano", "maxEndTimeUnixNano"] {
                assert!(summary[time].as_str().unwrap().parse::<u64>().is_ok());
            }
            assert!(summary["spanCount"].as_u64().unwrap() > 0);
            assert!(summary["services"].as_array().unwrap()[0]["name"].is_string());
        }
    }
}

#[tokio::test]
async fn jaeger_ui_opens_compares_and_downloads_traces() {
    let backend = with_traces().await;
    // With the id as given in a result, in the old API, and in upper case; each stands for one side
    // of a comparison.
    for id in [
        "0000000000000000000000000000abcd",
        "000000000000abcd",
        "000000000000ABCD",
    ] {
        let trace = ask(&backend, &format!("/api/traces/{id}?prettyPrint=true"));
        assert_eq!(trace["data"][0]["traceID"], "000000000000abcd");
        let spans = trace["data"][0]["spans"].as_array().unwrap();
        assert_eq!(spans.len(), 2);
        // Only failed spans are red; any truthy `error` counts.
        let errors = spans.iter().map(|span| {
            let mut tags = span["tags"].as_array().unwrap().iter();
            tags.any(|tag| tag["key"] == "error")
        });
        assert_eq!(errors.collect::<Vec<_>>(), [true, false]);
        assert_eq!(spans[1]["references"][0]["refType"], "CHILD_OF");
        assert_eq!(spans[1]["logs"][0]["fields"][0]["value"], "row");
        assert_eq!(trace["data"][0]["processes"]["p1"]["serviceName"], "shop");
    }
    ask(&backend, "/api/traces/abcd?raw=true&prettyPrint=true");
    let (status, _, body) = send(&backend, "/api/traces/ffffffffffffffff", "application/json");
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(status, 404);
    assert_eq!(
        body["errors"][0],
        json!({"code": 404, "msg": "trace not found"})
    );
    let (status, content_type, _) = send(
        &backend,
        "/trace/000000000000abcd?uiFind=0000000000000002",
        "text/html",
    );
    assert_eq!(
        (status, content_type.as_str()),
        (200, "text/html; charset=utf-8")
    );
}

#[tokio::test]
async fn jaeger_ui_uploads_otlp_and_draws_dependencies() {
    let backend = with_traces().await;
    let url = backend.ui("/api/transform");
    let upload = shop_trace().to_string().into_bytes();
    let (status, body) = post(&url, "application/json", upload).await;
    let shown: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(status, 200);
    assert_eq!(shown["data"], ask(&backend, "/api/traces/abcd")["data"]);
    assert_eq!(
        ask(
            &backend,
            "/api/dependencies?endTs=1700000001000&lookback=604800000"
        )["data"],
        json!([])
    );
}

#[tokio::test]
async fn grafanas_jaeger_data_source_asks_the_old_api() {
    let backend = with_traces().await;
    assert_eq!(
        ask(&backend, "/api/services")["data"],
        json!(["shop", "team/shop"])
    );
    // The slash in the service's name is not escaped.
    assert_eq!(
        ask(&backend, "/api/services/team/shop/operations")["data"],
        json!(["x"])
    );
    let search = "/api/traces?service=shop&operation=SELECT&tags=%7B%22n%22%3A%22true%22%7D&minDuration=10ms\
                  &maxDuration=1h&limit=20&start=1700000000000000&end=1700000001000000&lookback=custom";
    let found = ask(&backend, search);
    assert_eq!(found["data"][0]["traceID"], "000000000000abcd");
    // The trace's window is in milliseconds, although Jaeger expects microseconds.
    let trace = ask(
        &backend,
        "/api/traces/abcd?start=1700000000000&end=1700000001000",
    );
    let span = &trace["data"][0]["spans"][0];
    assert!(span["startTime"].is_u64() && span["duration"].is_u64());
    assert!(span["warnings"].is_null() && span["flags"].is_null());
    ask(
        &backend,
        "/api/dependencies?endTs=1700000001000&lookback=86400000",
    );
    // With the gRPC option: times with an offset, whose '+' is not escaped.
    ask(&backend, "/api/v3/services");
    ask(&backend, "/api/v3/operations?service=shop");
    let window = "start_time=2023-11-14T23:13:20+01:00&end_time=2023-11-14T23:13:21+01:00";
    let trace = ask(&backend, &format!("/api/v3/traces/abcd?{window}"));
    assert_eq!(
        trace["result"]["resourceSpans"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn grafanas_tempo_data_source_searches_and_opens_a_trace() {
    let backend = with_traces().await;
    let (status, _, body) = send(&backend, "/tempo/api/echo", "application/json");
    assert_eq!((status, body), (200, b"echo".to_vec()));
    ask(&backend, "/tempo/api/status/buildinfo");
    let tags = ask(
        &backend,
        "/tempo/api/v2/search/tags?limit=5000&start=1700000000&end=1700000001",
    );
    assert_eq!(tags["scopes"][0]["name"], "resource");
    // The name of the tag is escaped twice.
    let values = "/tempo/api/v2/search/tag/resource.service.name/values?limit=5000";
    assert_eq!(
        ask(&backend, values)["tagValues"][0],
        json!({"type": "string", "value": "shop"})
    );
    let query =
        "%7Bresource.service.name%3D%22shop%22+%26%26+name%3D~%22GET.*%22+%26%26+status%3Derror%7D";
    let found = ask(
        &backend,
        &format!("/tempo/api/search?q={query}&limit=20&spss=3&start=1700000000&end=1700000001"),
    );
    let id = found["traces"][0]["traceID"].as_str().unwrap().to_owned();
    for version in ["api/v2", "api"] {
        let target = format!("/tempo/{version}/traces/{id}?start=1700000000&end=1700000001");
        let (status, content_type, body) = send(&backend, &target, "application/protobuf");
        assert_eq!(
            (status, content_type.as_str()),
            (200, "application/protobuf")
        );
        assert!(body.windows(6).any(|window| window == b"SELECT"));
    }
}
