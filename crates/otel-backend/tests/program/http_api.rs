//! Jaeger's HTTP API, row by row: what is asked, and the whole answer.

use serde_json::{Value, json};

use crate::support::{Backend, export, get_json, of_service, shop_trace};

/// A trace id in hexadecimal, and the window of [`shop_trace`].
const ID: &str = "0000000000000000000000000000abcd";
const WINDOW: &str = "start=1700000000000000&end=1700000001000000";
const WINDOW_V3: &str =
    "query.startTimeMin=2023-11-14T22:13:20Z&query.startTimeMax=2023-11-14T22:13:21Z";

/// Status, content type and body.
async fn ask(backend: &Backend, method: reqwest::Method, path: &str) -> (u16, String, String) {
    let request = reqwest::Client::new().request(method, backend.ui(path));
    let response = request.send().await.unwrap();
    let content_type = response.headers().get("content-type");
    let content_type = content_type.map(|value| value.to_str().unwrap().to_owned());
    (
        response.status().as_u16(),
        content_type.unwrap_or_default(),
        response.text().await.unwrap(),
    )
}

/// The old API's error, whole.
async fn assert_refused(backend: &Backend, path: &str, code: u16, msg: &str) {
    let msg = Value::String(msg.to_owned());
    let body = format!(
        "{{\"data\":null,\"total\":0,\"limit\":0,\"offset\":0,\
         \"errors\":[{{\"code\":{code},\"msg\":{msg}}}]}}\n"
    );
    assert_eq!(
        ask(backend, reqwest::Method::GET, path).await,
        (code, "text/plain; charset=utf-8".to_owned(), body),
        "{path}"
    );
}

/// The new API's error, whole.
async fn assert_refused_v3(backend: &Backend, path: &str, code: u16, message: &str) {
    let message = Value::String(message.to_owned());
    let body = format!("{{\"error\":{{\"httpCode\":{code},\"message\":{message}}}}}\n");
    assert_eq!(
        ask(backend, reqwest::Method::GET, path).await,
        (code, "text/plain; charset=utf-8".to_owned(), body),
        "{path}"
    );
}

/// How many traces a search with these parameters finds.
async fn found(backend: &Backend, parameters: &str) -> usize {
    let path = format!("/api/traces?{parameters}");
    let answer = get_json(&backend.ui(&path)).await;
    answer["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn every_bad_parameter_is_refused_in_jaegers_words() {
    let backend = Backend::in_memory();
    let parse_int = "strconv.ParseInt: parsing";
    let rows = [
        ("traces?start=string", format!("unable to parse param 'start': {parse_int} \"string\": invalid syntax")),
        ("traces?end=1.5", format!("unable to parse param 'end': {parse_int} \"1.5\": invalid syntax")),
        ("traces?limit=x", format!("{parse_int} \"x\": invalid syntax")),
        ("traces?limit=2147483648", format!("{parse_int} \"2147483648\": value out of range")),
        ("traces?minDuration=20", "unable to parse param 'minDuration': time: missing unit in duration \"20\"".into()),
        ("traces?maxDuration=1x", "unable to parse param 'maxDuration': time: unknown unit \"x\" in duration \"1x\"".into()),
        ("traces?minDuration=2s&maxDuration=1s", "'maxDuration' should be greater than 'minDuration'".into()),
        ("traces?tag=k", "malformed 'tag' parameter, expecting key:value, received: k".into()),
        ("traces?tags=%7B%22a%22:1%7D", "malformed 'tags' parameter, cannot unmarshal JSON: json: cannot unmarshal number into Go value of type string".into()),
        ("traces?tags=%7B", "malformed 'tags' parameter, cannot unmarshal JSON: unexpected end of JSON input".into()),
        ("traces?traceID=x200", "cannot parse traceID param: strconv.ParseUint: parsing \"x200\": invalid syntax".into()),
        ("traces?raw=maybe", "unable to parse param 'raw': strconv.ParseBool: parsing \"maybe\": invalid syntax".into()),
        ("traces/xyz", "strconv.ParseUint: parsing \"xyz\": invalid syntax".into()),
        ("traces/1?start=x", format!("unable to parse param 'start': {parse_int} \"x\": invalid syntax")),
        ("traces/1?end=x", format!("unable to parse param 'end': {parse_int} \"x\": invalid syntax")),
        ("traces/1?raw=2", "unable to parse param 'raw': strconv.ParseBool: parsing \"2\": invalid syntax".into()),
        ("operations", "parameter 'service' is required".into()),
        ("operations?service=", "parameter 'service' is required".into()),
        ("dependencies?endTs=x", format!("unable to parse param 'endTs': {parse_int} \"x\": invalid syntax")),
        ("dependencies?lookback=1h", format!("unable to parse param 'lookback': {parse_int} \"1h\": invalid syntax")),
        ("metrics/calls", "unable to parse param 'service': please provide at least one service name".into()),
        ("metrics/calls?service=a&spanKind=foo", "unable to parse param 'spanKind': unsupported span kind: 'foo'".into()),
        ("metrics/latencies?service=a", "unable to parse param 'quantile': strconv.ParseFloat: parsing \"\": invalid syntax".into()),
        ("metrics/errors?service=a&step=x", format!("unable to parse param 'step': {parse_int} \"x\": invalid syntax")),
    ];
    for (path, message) in rows {
        assert_refused(&backend, &format!("/api/{path}"), 400, &message).await;
    }
    let long = "1".repeat(33);
    let message = format!("TraceID cannot be longer than 32 hex characters: {long}");
    assert_refused(&backend, &format!("/api/traces/{long}"), 400, &message).await;
    let depth = "search depth must be greater than 0 and less than max traces";
    for limit in ["0", "-1", "100001"] {
        assert_refused(&backend, &format!("/api/traces?limit={limit}"), 500, depth).await;
    }
    let disabled = "trace metrics are currently disabled - no metrics backend configured";
    for path in [
        "latencies?quantile=0.95&service=a&service=b&groupByOperation=true",
        "calls?service=a&spanKind=server&spanKind=unspecified",
        "errors?service=a&endTs=1&lookback=3600000&step=60000&ratePer=600000",
    ] {
        assert_refused(&backend, &format!("/api/metrics/{path}"), 501, disabled).await;
    }
}

#[tokio::test]
async fn every_bad_parameter_of_the_new_api_is_refused_in_jaegers_words() {
    let backend = Backend::in_memory();
    let required = "query.startTimeMin and query.startTimeMax are required";
    let rows = [
        (String::new(), required),
        ("query.startTimeMin=2023-11-14T22:13:20Z".into(), required),
        (
            "query.startTimeMin=x&query.startTimeMax=2023-11-14T22:13:20Z".into(),
            "malformed parameter query.startTimeMin: parsing time \"x\" as \
             \"2006-01-02T15:04:05.999999999Z07:00\": cannot parse \"x\" as \"2006\"",
        ),
        (
            "query.start_time_min=x&query.start_time_max=y".into(),
            "malformed parameter query.start_time_min: parsing time \"x\" as \
             \"2006-01-02T15:04:05.999999999Z07:00\": cannot parse \"x\" as \"2006\"",
        ),
        (
            "query.startTimeMin=2023-11-14T22:13:20Z&query.startTimeMax=2023-11-14T22:13:20Z"
                .into(),
            "query.startTimeMin must be before query.startTimeMax",
        ),
        (
            format!("{WINDOW_V3}&query.searchDepth=many"),
            "malformed parameter query.searchDepth: strconv.Atoi: parsing \"many\": invalid syntax",
        ),
        (
            format!("{WINDOW_V3}&query.durationMin=1"),
            "malformed parameter query.durationMin: time: missing unit in duration \"1\"",
        ),
        (
            format!("{WINDOW_V3}&query.duration_max=1"),
            "malformed parameter query.duration_max: time: missing unit in duration \"1\"",
        ),
        (
            format!("{WINDOW_V3}&query.rawTraces=x"),
            "malformed parameter query.rawTraces: strconv.ParseBool: parsing \"x\": invalid syntax",
        ),
        (
            format!("{WINDOW_V3}&query.attributes=[]"),
            "malformed parameter query.attributes: json: cannot unmarshal array into Go value of \
             type map[string]string",
        ),
    ];
    for (parameters, message) in rows {
        for route in ["traces", "trace-summaries"] {
            let path = format!("/api/v3/{route}?{parameters}");
            assert_refused_v3(&backend, &path, 400, message).await;
        }
    }
    assert_refused_v3(
        &backend,
        "/api/v3/traces/xyz",
        400,
        "malformed parameter trace_id: strconv.ParseUint: parsing \"xyz\": invalid syntax",
    )
    .await;
    let path = "/api/v3/traces/1?start_time=x";
    let (status, _, body) = ask(&backend, reqwest::Method::GET, path).await;
    assert_eq!(status, 400);
    assert!(body.contains("malformed parameter start_time: "), "{body}");
    let none = format!("/api/v3/traces?{WINDOW_V3}");
    assert_refused_v3(&backend, &none, 404, "No traces found").await;
    assert_refused_v3(&backend, "/api/v3/traces/1", 404, "No traces found").await;
}

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
    let not_found = "trace not found";
    for path in [
        "/api/traces/1",
        "/api/traces/0",
        "/api/traces/AAAAAAAAAAAAAAAAAAAAAQ==",
    ] {
        assert_refused(&backend, path, 404, not_found).await;
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
async fn predicates_are_read_as_jaeger_reads_them() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let rows = [
        ("", 1),
        ("service=shop", 1),
        ("service=Shop", 0),
        ("service=", 1),
        ("service=shop&service=other", 1),
        ("unknown=1&lookback=1h", 1),
        ("operation=SELECT", 1),
        ("operation=select", 0),
        // Durations, inclusive, of spans of 499.998001 ms and 100 ms.
        ("operation=SELECT&minDuration=100ms", 1),
        ("operation=SELECT&minDuration=100ms1ns", 0),
        ("operation=SELECT&maxDuration=0.1s", 1),
        ("operation=SELECT&maxDuration=99.999999ms", 0),
        ("minDuration=100 ms&maxDuration=100000\u{b5}s", 1),
        ("minDuration=100000us&maxDuration=100000\u{3bc}s", 1),
        ("minDuration=0.0001h&maxDuration=1h30m", 1),
        ("maxDuration=0", 1),
        ("minDuration=1h&maxDuration=0s", 0),
        // Tags.
        ("tag=http.status:500", 1),
        ("tag=http.status:500&tag=ratio:2", 1),
        ("tag=http.status:501", 0),
        ("tag=ratio:2.0", 0),
        ("tag=big:9007199254740993", 1),
        ("tag=list:[\"a\"]", 1),
        ("tag=host.name:here", 1),
        ("tag=resource.host.name:here", 1),
        ("tag=resource.http.status:500", 0),
        ("tag=n:true", 1),
        ("tag=n:1", 0),
        ("tags={\"n\":\"true\",\"host.name\":\"here\"}", 1),
        // Both hold, but of different spans.
        ("tag=n:true&tag=http.status:500", 0),
        ("operation=SELECT&tag=error:true", 0),
        ("tag=error:true", 1),
        ("tag=error:1", 1),
        ("tag=error:false&operation=SELECT", 1),
        ("tag=error:false&operation=GET /", 0),
        ("tag=error:yes", 0),
        ("tag=span.status:ERROR", 1),
        ("tag=span.status:error", 1),
        ("tag=span.status:OK", 0),
        ("tag=span.status:unset&operation=SELECT", 1),
        ("tag=span.kind:server", 1),
        ("tag=span.kind:SERVER", 1),
        ("tag=span.kind:producer", 0),
        ("tag=scope.name:lib&tag=scope.version:1.0", 1),
        ("tag=scope.name:other", 0),
        ("tag=otel.scope.name:lib", 1),
        ("tag=otel.scope.version:1.1", 0),
        ("tag=otel.status_code:ERROR", 1),
        ("tag=otel.status_code:OK", 0),
        ("tag=otel.status_description:it broke", 1),
        // Of a key that is given twice, the last value counts.
        ("tag=http.status:404&tag=http.status:500", 1),
        ("tag=http.status:500&tags={\"http.status\":\"404\"}", 0),
        ("tags=null", 1),
    ];
    for (parameters, expected) in rows {
        let all = format!("{WINDOW}&{parameters}");
        assert_eq!(found(&backend, &all).await, expected, "{parameters}");
    }
    // The window is inclusive, to the microsecond, and of spans, not of traces.
    for (window, expected) in [
        ("start=1700000000100000&end=1700000000100000", 1),
        ("start=1700000000100001&end=1700000000100001", 0),
        ("start=1700000000000001&end=1700000000000001", 0),
        ("start=1700000000000001&end=1700000000000002", 1),
        ("start=0&end=1700000000000001", 0),
        ("start=-5&end=1700000000000002", 1),
        // Two days back at most, unless asked for more.
        ("", 0),
        ("start=0", 1),
    ] {
        assert_eq!(found(&backend, window).await, expected, "{window}");
    }
}

#[tokio::test]
async fn the_newest_traces_come_first_and_a_hundred_by_default() {
    let backend = Backend::in_memory();
    let span = |n: u64| {
        json!({
            "traceId": format!("{n:032x}"), "spanId": "0000000000000001", "name": "x",
            "startTimeUnixNano": (1_700_000_000_000_000_000 + n * 1_000_000).to_string(),
            "endTimeUnixNano": (1_700_000_000_000_000_000 + n * 1_000_000).to_string(),
        })
    };
    // Out of order.
    let spans: Vec<_> = (1..=120).map(|n| span((n * 76) % 121)).collect();
    export(&backend, &of_service("s", &spans)).await;
    for (limit, expected) in [
        ("", 100),
        ("&limit=", 100),
        ("&limit=3", 3),
        ("&limit=1000", 120),
    ] {
        let path = format!("/api/traces?service=s&{WINDOW}{limit}");
        let answer = get_json(&backend.ui(&path)).await;
        let ids = answer["data"].as_array().unwrap().iter();
        let ids: Vec<_> = ids
            .map(|trace| trace["traceID"].as_str().unwrap().to_owned())
            .collect();
        let newest = (1..=120).rev().take(expected).map(|n| format!("{n:016x}"));
        assert_eq!(ids, newest.collect::<Vec<_>>(), "{limit}");
    }
    let path = format!("/api/v3/trace-summaries?query.serviceName=s&{WINDOW_V3}");
    for (depth, expected) in [
        ("", 100),
        ("&query.searchDepth=7", 7),
        ("&query.num_traces=7", 7),
    ] {
        let answer = get_json(&backend.ui(&format!("{path}{depth}"))).await;
        assert_eq!(answer["summaries"].as_array().unwrap().len(), expected);
        assert_eq!(answer["summaries"][0]["traceId"], format!("{:032x}", 120));
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
