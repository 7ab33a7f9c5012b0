//! Tests Jaeger's HTTP APIs: the requests and the complete answers.

use serde_json::{Value, json};

use crate::support::{Backend, ask, export, get_json, of_service, shop_trace};

/// A trace id in hexadecimal.
const ID: &str = "0000000000000000000000000000abcd";

#[tokio::test]
async fn an_empty_store_answers_with_what_is_empty() {
    let backend = Backend::in_memory();
    let rows = [
        (
            "/api/services",
            r#"{"data":[],"total":0,"limit":0,"offset":0,"errors":null}"#,
        ),
        (
            "/api/services/x/operations",
            r#"{"data":null,"total":0,"limit":0,"offset":0,"errors":null}"#,
        ),
        (
            "/api/operations?service=x",
            r#"{"data":[],"total":0,"limit":0,"offset":0,"errors":null}"#,
        ),
        (
            "/api/traces?service=x",
            r#"{"data":[],"total":0,"limit":0,"offset":0,"errors":null}"#,
        ),
        (
            "/api/dependencies",
            r#"{"data":[],"total":0,"limit":0,"offset":0,"errors":null}"#,
        ),
        ("/api/v3/services", r#"{"services":[]}"#),
        ("/api/v3/operations?service=x", r#"{"operations":[]}"#),
        (
            "/api/v3/trace-summaries?query.startTimeMin=2023-11-14T22:13:20Z&query.startTimeMax=2023-11-14T22:13:21Z",
            r#"{"summaries":[]}"#,
        ),
    ];
    for (path, body) in rows {
        let answer = ask(&backend, reqwest::Method::GET, path).await;
        assert_eq!(
            answer,
            (200, "application/json".into(), body.into()),
            "{path}"
        );
    }
    for path in [
        "/api/traces/1",
        "/api/traces/0",
        "/api/traces/AAAAAAAAAAAAAAAAAAAAAQ==",
    ] {
        let (status, _, body) = ask(&backend, reqwest::Method::GET, path).await;
        assert_eq!(status, 404);
        assert!(
            body.contains(r#""code":404,"msg":"trace not found""#),
            "{body}"
        );
    }
}

#[tokio::test]
async fn pretty_is_whatever_is_not_false() {
    let backend = Backend::in_memory();
    let pretty = "{\n    \"data\": [],\n    \"total\": 0,\n    \"limit\": 0,\n    \"offset\": 0,\n    \"errors\": null\n}";
    let plain = r#"{"data":[],"total":0,"limit":0,"offset":0,"errors":null}"#;
    let rows = [
        ("prettyPrint=true", pretty),
        ("prettyPrint=1", pretty),
        ("prettyPrint=no", pretty),
        ("prettyPrint=", plain),
        ("prettyPrint=false", plain),
        ("prettyprint=true", plain),
        ("unknown=1&prettyPrint=false&prettyPrint=true", plain),
    ];
    for (parameters, body) in rows {
        for path in ["services", "traces"] {
            let path = format!("/api/{path}?{parameters}");
            let answer = ask(&backend, reqwest::Method::GET, &path).await;
            assert_eq!(answer.2, body, "{path}");
        }
    }
}

#[tokio::test]
async fn methods_and_paths_are_told_apart() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let text = "text/plain; charset=utf-8".to_owned();
    for path in [
        "/api/nothing",
        "/api/",
        "/api/v3/nothing",
        "/api/v3/dependencies",
        "/api/metrics/minstep",
        "/api/services/x",
    ] {
        let answer = ask(&backend, reqwest::Method::GET, path).await;
        let expected = (404, text.clone(), "404 page not found\n".into());
        assert_eq!(answer, expected, "{path}");
    }
    for (method, path, allowed) in [
        (reqwest::Method::POST, "/api/services", "GET,HEAD"),
        (reqwest::Method::PUT, "/api/traces/abcd", "GET,HEAD"),
        (reqwest::Method::DELETE, "/api/v3/services", "GET,HEAD"),
        (reqwest::Method::GET, "/api/archive/abcd", "POST"),
        (reqwest::Method::GET, "/api/transform", "POST"),
    ] {
        let request = reqwest::Client::new().request(method, backend.ui(path));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 405, "{path}");
        assert_eq!(response.headers()["allow"], allowed, "{path}");
        assert_eq!(response.text().await.unwrap(), "Method Not Allowed\n");
    }
    let head = ask(&backend, reqwest::Method::HEAD, "/api/services").await;
    assert_eq!(head, (200, "application/json".into(), String::new()));
    let archive = ask(&backend, reqwest::Method::POST, "/api/archive/abcd").await;
    assert_eq!(archive.0, 500);
    assert!(
        archive
            .2
            .contains("\"msg\":\"archive span storage was not configured\"")
    );
    let archive = ask(&backend, reqwest::Method::POST, "/api/archive/xyz").await;
    assert_eq!(archive.0, 400);
}

#[tokio::test]
async fn every_answer_names_the_trace_of_its_request() {
    let backend = Backend::in_memory();
    let client = reqwest::Client::new();
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (header, expected) in [
        (parent, Some("0af7651916cd43dd8448eb211c80319c")),
        ("garbage", None),
    ] {
        let request = client
            .get(backend.ui("/api/services"))
            .header("traceparent", header);
        let response = request.send().await.unwrap();
        let answer = response.headers()["traceresponse"].to_str().unwrap();
        let parts: Vec<_> = answer.split('-').collect();
        let lengths: Vec<_> = parts.iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [2, 32, 16, 2], "{answer}");
        assert!(expected.is_none_or(|id| id == parts[1]), "{answer}");
        assert_ne!(parts[2], "b7ad6b7169203331");
    }
}

#[tokio::test]
async fn ids_are_found_in_every_notation_and_by_how_they_begin() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let other =
        json!({"traceId": "abcdef0123456789abcdef0123456789", "spanId": "0000000000000001"});
    let near = json!({"traceId": "abcdef01ffffffffffffffffffffffff", "spanId": "0000000000000001"});
    export(&backend, &of_service("s", &[other, near])).await;
    for (id, expected) in [
        ("abcd", "000000000000abcd"),
        ("ABCD", "000000000000abcd"),
        (ID, "000000000000abcd"),
        ("AAAAAAAAAAAAAAAAAACrzQ==", "000000000000abcd"),
        ("AAAAAAAAq80=", "000000000000abcd"),
        ("abcdef0123", "abcdef0123456789abcdef0123456789"),
        ("ABCDEF01F", "abcdef01ffffffffffffffffffffffff"),
        ("q83vASNFZ4mrze8BI0VniQ", "abcdef0123456789abcdef0123456789"),
    ] {
        let answer = get_json(&backend.ui(&format!(
            "/api/traces/{id}?start=1700000000000&end=1700000001000"
        )))
        .await;
        assert_eq!(answer["data"][0]["traceID"], expected, "{id}");
        let search =
            get_json(&backend.ui(&format!("/api/traces?traceID={}", id.replace('=', "%3D")))).await;
        assert_eq!(search["data"][0]["traceID"], expected, "{id}");
        assert_eq!(search["errors"], Value::Null);
        let answer = get_json(&backend.ui(&format!(
            "/api/v3/traces/{id}?start_time=2023-11-14T22:13:20+01:00&endTime=2023-11-14T22:13:20Z"
        )))
        .await;
        let span = &answer["result"]["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(span["traceId"], format!("{expected:0>32}"), "{id}");
    }
    let (status, _, body) = ask(&backend, reqwest::Method::GET, "/api/traces/abcdef01").await;
    assert_eq!(status, 404);
    assert!(
        body.contains("trace not found: several begin so, among them abcdef0123"),
        "{body}"
    );
    let mixed =
        get_json(&backend.ui("/api/traces?traceID=abcd&traceID=1&traceID=000000000000abcd")).await;
    assert_eq!(mixed["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        mixed["errors"],
        json!([{"msg": "trace not found", "traceID": "0000000000000001"}])
    );
}

#[tokio::test]
async fn an_evicted_trace_is_told_from_one_that_never_was() {
    let backend = Backend::start(&["--memory", "--retention", "60s"]);
    // The trace is years old.
    export(&backend, &shop_trace()).await;
    let path = format!("/api/traces/{ID}");
    let gone = loop {
        let (status, _, body) = ask(&backend, reqwest::Method::GET, &path).await;
        if status == 404 {
            break body;
        }
    };
    let evicted = "trace not found: it was evicted to keep the store within its limits";
    assert!(gone.contains(&format!("\"msg\":\"{evicted}\"")), "{gone}");
    let (_, _, v3) = ask(
        &backend,
        reqwest::Method::GET,
        &format!("/api/v3/traces/{ID}"),
    )
    .await;
    assert!(v3.contains("No traces found: it was evicted"), "{v3}");
    let unknown = ask(&backend, reqwest::Method::GET, "/api/traces/1234").await;
    assert!(unknown.2.contains("\"msg\":\"trace not found\""));
}
