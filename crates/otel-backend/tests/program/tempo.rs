//! Tests Tempo's query API with the requests of Grafana's Tempo data source.

use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message as _;
use serde_json::{Value, json};

use crate::support::{Backend, export, get, get_json, shop_trace};

/// The window of [`shop_trace`].
const WINDOW: &str = "start=1700000000&end=1700000001";

/// Makes a request that accepts protobuf; returns status, content type and body.
async fn get_protobuf(url: &str) -> (u16, String, Vec<u8>) {
    let request = reqwest::Client::new().get(url);
    let response = request
        .header("accept", "application/protobuf")
        .send()
        .await
        .unwrap();
    let content_type = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let status = response.status().as_u16();
    (
        status,
        content_type,
        response.bytes().await.unwrap().to_vec(),
    )
}

fn names(traces: &TracesData) -> Vec<String> {
    let scopes = traces.resource_spans.iter().flat_map(|r| &r.scope_spans);
    scopes
        .flat_map(|s| &s.spans)
        .map(|span| span.name.clone())
        .collect()
}

#[tokio::test]
async fn a_trace_is_protobuf_for_those_who_accept_it() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    for base in ["", "/tempo"] {
        let url = backend.ui(&format!("{base}/api/traces/abcd?{WINDOW}"));
        let (status, content_type, body) = get_protobuf(&url).await;
        assert_eq!(
            (status, content_type.as_str()),
            (200, "application/protobuf")
        );
        let trace = TracesData::decode(&body[..]).unwrap();
        assert_eq!(names(&trace), ["GET /", "SELECT"]);
        let resource = trace.resource_spans[0].resource.as_ref().unwrap();
        assert_eq!(resource.attributes[0].key, "service.name");

        let url = backend.ui(&format!("{base}/api/v2/traces/abcd?{WINDOW}"));
        let (status, _, body) = get_protobuf(&url).await;
        assert_eq!(status, 200);
        // `TraceByIDResponse` holds the trace in field 1.
        let trace = prost::encoding::decode_varint(&mut &body[1..]).unwrap();
        let length = prost::encoding::encoded_len_varint(trace);
        assert_eq!((body[0], trace), (0x0a, (body.len() - 1 - length) as u64));
        let trace = TracesData::decode(&body[1 + length..]).unwrap();
        assert_eq!(names(&trace), ["GET /", "SELECT"]);

        let unknown = backend.ui(&format!("{base}/api/traces/1"));
        let unknown = get_protobuf(&unknown).await;
        assert_eq!(unknown.0, 404);
        assert_eq!(unknown.2, b"trace not found\n");
    }
}

#[tokio::test]
async fn a_trace_in_json_is_tempos_under_its_own_path_and_jaegers_else() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let second = get(&backend.ui("/api/v2/traces/abcd")).await;
    insta::assert_snapshot!("v2_trace_json", second.1);
    let first = get_json(&backend.ui("/tempo/api/traces/abcd")).await;
    let second: Value = serde_json::from_str(&second.1).unwrap();
    assert_eq!(first["batches"], second["trace"]["resourceSpans"]);
    let jaegers = get_json(&backend.ui("/api/traces/abcd")).await;
    assert_eq!(jaegers["data"][0]["traceID"], "000000000000abcd");
    let unknown = get(&backend.ui("/tempo/api/traces/1")).await;
    assert_eq!(unknown, (404, "trace not found\n".into()));
}

#[tokio::test]
async fn a_search_answers_with_what_grafana_lists() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let query = "%7B+resource.service.name%3D%22shop%22+%26%26+span.http.status%3E%3D500+%7D";
    let url = format!("/api/search?q={query}&limit=20&spss=3&{WINDOW}");
    let found = get_json(&backend.ui(&url)).await;
    let set = json!({
        "spans": [{
            "spanID": "0000000000000001", "name": "GET /",
            "startTimeUnixNano": "1700000000000001999", "durationNanos": "499998001",
            "attributes": [
                {"key": "service.name", "value": {"stringValue": "shop"}},
                {"key": "http.status", "value": {"intValue": "500"}},
            ],
        }],
        "matched": 1,
    });
    assert_eq!(
        found,
        json!({
            "traces": [{
                "traceID": "000000000000abcd", "rootServiceName": "shop", "rootTraceName": "GET /",
                "startTimeUnixNano": "1700000000000001999", "durationMs": 499,
                "spanSet": set, "spanSets": [set],
                "serviceStats": {"shop": {"spanCount": 2, "errorCount": 1}},
            }],
            "metrics": {"completedJobs": 1, "totalJobs": 1},
        })
    );
    let none = get_json(&backend.ui("/tempo/api/search?q=%7B%7D&limit=5")).await;
    assert_eq!(none["traces"], json!([]));
}

#[tokio::test]
async fn every_simple_selector_finds_what_it_says() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let rows = [
        ("{}", 1),
        ("{ true }", 1),
        (r#"{ resource.service.name = "shop" }"#, 1),
        (r#"{ resource.service.name = "Shop" }"#, 0),
        (r#"{ .service.name = "shop" && .http.status = 500 }"#, 1),
        (r#"{ span.service.name = "shop" }"#, 0),
        ("{ status = error }", 1),
        ("{ status = ok }", 0),
        ("{ status = unset && kind = client }", 1),
        ("{ kind = server && kind = client }", 0),
        ("{ kind = producer || kind = client }", 1),
        (r#"{ name = "SELECT" && duration >= 100ms }"#, 1),
        (r#"{ name = "SELECT" && duration > 100ms }"#, 0),
        (r#"{ name = "SELECT" && duration <= 0.1s }"#, 1),
        (r#"{ name =~ "GET .*" }"#, 1),
        (r#"{ name =~ "ET" }"#, 0),
        (r#"{ name !~ "GET.*|SELECT" }"#, 0),
        (r#"{ name != "GET /" }"#, 1),
        ("{ span.ratio = 2 }", 1),
        ("{ span.ratio > 1.5 && span.ratio < 2.5 }", 1),
        ("{ span.http.status < 500 }", 0),
        ("{ event.n = true }", 1),
        (r#"{ event:name = "row" }"#, 1),
        (
            r#"{ instrumentation:name = "lib" && instrumentation:version = "1.0" }"#,
            1,
        ),
        (r#"{ statusMessage = "it broke" }"#, 1),
        ("{ span.http.status != nil }", 1),
        ("{ span.nothing != nil }", 0),
        ("{ span.nothing = nil }", 1),
        ("{ span.nothing != 1 }", 0),
        ("{ traceDuration > 400ms && kind = client }", 1),
        ("{ traceDuration > 500ms }", 0),
        (r#"{ rootName = "GET /" && name = "SELECT" }"#, 1),
        (r#"{ rootServiceName = "cart" }"#, 0),
        (
            "{ (kind = server && status = unset) || (kind = client && status = unset) }",
            1,
        ),
    ];
    for (query, expected) in rows {
        let url = reqwest::Url::parse_with_params(&backend.ui("/api/search"), [("q", query)]);
        let url = format!("{}&{WINDOW}", url.unwrap());
        let found = get_json(&url).await;
        assert_eq!(
            found["traces"].as_array().unwrap().len(),
            expected,
            "{query}"
        );
    }
    for (parameters, expected) in [
        ("tags=service.name%3Dshop", 1),
        ("tags=service.name%3DSHO", 1),
        ("tags=service.name%3Dshop%20http.status%3D500", 1),
        ("tags=service.name%3Dshop%20http.status%3D404", 0),
        ("tags=name%3D%22GET%20%2F%22", 1),
        ("tags=service.name%3Dshop&minDuration=499ms", 1),
        ("tags=service.name%3Dshop&minDuration=500ms", 0),
        ("tags=service.name%3Dshop&maxDuration=499ms", 0),
        ("minDuration=100ms&maxDuration=1s", 1),
    ] {
        let found = get_json(&backend.ui(&format!("/api/search?{parameters}&{WINDOW}"))).await;
        assert_eq!(
            found["traces"].as_array().unwrap().len(),
            expected,
            "{parameters}"
        );
    }
}

#[tokio::test]
async fn tags_and_their_values_are_offered() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let ask = async |path: &str| get_json(&backend.ui(&format!("/api/{path}{WINDOW}"))).await;
    let scopes = ask("v2/search/tags?limit=5000&").await;
    assert_eq!(
        scopes["scopes"].as_array().unwrap()[..3],
        [
            json!({"name": "resource", "tags": ["host.name", "service.name"]}),
            json!({"name": "span", "tags": ["big", "http.status", "list", "ratio"]}),
            json!({"name": "event", "tags": ["n"]}),
        ]
    );
    let only = ask("v2/search/tags?scope=span&").await;
    assert_eq!(only["scopes"].as_array().unwrap().len(), 1);
    let names = ask("search/tags?scope=resource&").await;
    assert_eq!(names["tagNames"], json!(["host.name", "service.name"]));
    let values = ask("search/tag/service.name/values?").await;
    assert_eq!(values["tagValues"], json!(["shop"]));
    for (tag, values) in [
        (
            "resource.service.name",
            json!([{"type": "string", "value": "shop"}]),
        ),
        (".http.status", json!([{"type": "int", "value": "500"}])),
        (
            "span.http%252Estatus",
            json!([{"type": "int", "value": "500"}]),
        ),
        (
            "status",
            json!(["error", "ok", "unset"].map(|name| json!({"type": "keyword", "value": name}))),
        ),
        (
            "name",
            json!([{"type": "string", "value": "GET /"}, {"type": "string", "value": "SELECT"}]),
        ),
    ] {
        let found = ask(&format!("v2/search/tag/{tag}/values?")).await;
        assert_eq!(found["tagValues"], values, "{tag}");
    }
    let filtered = ask("v2/search/tag/name/values?q=%7Bstatus%3Derror%7D&").await;
    assert_eq!(
        filtered["tagValues"],
        json!([{"type": "string", "value": "GET /"}])
    );
}

#[tokio::test]
async fn what_grafana_asks_before_a_query_is_answered() {
    let backend = Backend::in_memory();
    for base in ["", "/tempo"] {
        assert_eq!(
            get(&backend.ui(&format!("{base}/api/echo"))).await,
            (200, "echo".into())
        );
        assert_eq!(
            get(&backend.ui(&format!("{base}/ready"))).await,
            (200, "ready\n".into())
        );
        let info = get_json(&backend.ui(&format!("{base}/api/status/buildinfo"))).await;
        assert!(info["version"].as_str().unwrap().starts_with("2."));
    }
    assert_eq!(
        get(&backend.ui("/tempo/api/nothing")).await,
        (404, "404 page not found\n".into())
    );
}

#[tokio::test]
async fn what_cannot_be_searched_is_refused_in_tempos_words() {
    let backend = Backend::in_memory();
    let rows = [
        (
            "q=%7B%7D&tags=a%3Db",
            "invalid request: can't specify tags and q in the same query",
        ),
        (
            "q=%7B%7D%7Ccount()",
            "invalid TraceQL query: parse error at line 1, col 11: syntax error: unexpected end of query, \
             expected a comparison",
        ),
        ("tags=a", "invalid tags: expected key=value at \"a\""),
        ("limit=0", "invalid limit: must be a positive number"),
        (
            "limit=x",
            "invalid limit: strconv.ParseUint: parsing \"x\": invalid syntax",
        ),
        (
            "minDuration=1",
            "invalid minDuration: time: missing unit in duration \"1\"",
        ),
        (
            "minDuration=2s&maxDuration=1s",
            "invalid maxDuration: must be greater than minDuration",
        ),
        (
            "start=2&end=1",
            "http parameter start must be before end. received start=2 end=1",
        ),
    ];
    for (parameters, message) in rows {
        let answer = get(&backend.ui(&format!("/api/search?{parameters}"))).await;
        assert_eq!(answer, (400, format!("{message}\n")), "{parameters}");
    }
    let scope = get(&backend.ui("/api/search/tags?scope=x")).await;
    assert_eq!(scope, (400, "invalid scope: x\n".into()));
}
