//! Compares Tempo's streaming API over gRPC with its answers over HTTP.

use serde_json::{Value, json};
use tonic::Code;

use crate::grpc::call;
use crate::support::{Backend, export, get_json, of_service, shop_trace};

const SERVICE: &str = "tempopb.StreamingQuerier";

/// The window of [`shop_trace`], in seconds.
const WINDOW: (u32, u32) = (1_700_000_000, 1_700_000_001);

fn search(query: &str) -> Value {
    json!({"Query": query, "start": WINDOW.0, "end": WINDOW.1, "Limit": 10})
}

async fn over_http(backend: &Backend, path: &str, query: &str) -> Value {
    let mut url = reqwest::Url::parse(&backend.ui(&format!("/tempo/api/{path}"))).unwrap();
    url.query_pairs_mut()
        .append_pair("q", query)
        .append_pair("start", &WINDOW.0.to_string())
        .append_pair("end", &WINDOW.1.to_string());
    get_json(url.as_str()).await
}

#[tokio::test]
async fn a_search_finds_what_it_finds_over_http() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    for query in [
        "{}",
        "{ status = error } | select(span.ratio, span.big)",
        "{ name = \"SELECT\" } | count() > 0",
        "{ name = \"none\" }",
    ] {
        let there = over_http(&backend, "search", query).await;
        // Grafana uses the port of the page.
        for url in [backend.query_grpc(), backend.ui("")] {
            let found = call(&url, SERVICE, "Search", search(query)).await.unwrap();
            let last = found.last().unwrap();
            assert_eq!(last["metrics"], there["metrics"], "{query}");
            let traces = last.get("traces").cloned().unwrap_or_else(|| json!([]));
            assert_eq!(traces, there["traces"], "{query}");
        }
    }
}

#[tokio::test]
async fn a_large_answer_comes_in_pieces() {
    let backend = Backend::in_memory();
    let text = "x".repeat(30_000);
    let span = |n: u64| {
        json!({
            "traceId": format!("{n:032x}"), "spanId": "0000000000000001", "name": text,
            "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000000000001",
        })
    };
    export(
        &backend,
        &of_service("s", &(1..=90).map(span).collect::<Vec<_>>()),
    )
    .await;
    let mut request = search("{}");
    request["Limit"] = 90.into();
    let url = backend.query_grpc();
    let found = call(&url, SERVICE, "Search", request).await.unwrap();
    let traces = |answer: &Value| answer["traces"].as_array().map_or(0, Vec::len);
    assert_eq!(found.iter().map(traces).sum::<usize>(), 90);
    assert!(found.len() > 2, "{}", found.len());
    let (last, before) = found.split_last().unwrap();
    assert_eq!(last["metrics"]["completedJobs"], 1);
    assert!(
        before
            .iter()
            .all(|answer| answer["metrics"] == json!({"totalJobs": 1}))
    );
}

#[tokio::test]
async fn tags_and_values_are_those_of_http() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let url = backend.ui("");
    let window = json!({"start": WINDOW.0, "end": WINDOW.1});
    let ask = async |method: &str, more: Value| {
        let mut request = window.clone();
        let members = request.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        let answers = call(&url, SERVICE, method, request).await.unwrap();
        let [answer] = answers.try_into().unwrap();
        answer
    };
    let there = over_http(&backend, "search/tags", "").await;
    assert_eq!(
        ask("SearchTags", json!({})).await["tagNames"],
        there["tagNames"]
    );
    let there = over_http(&backend, "v2/search/tags", "").await;
    assert_eq!(
        ask("SearchTagsV2", json!({})).await["scopes"],
        there["scopes"]
    );
    let scoped = ask("SearchTagsV2", json!({"scope": "event"})).await;
    assert_eq!(scoped["scopes"], json!([{"name": "event", "tags": ["n"]}]));
    let values = ask("SearchTagValues", json!({"tagName": "service.name"})).await;
    assert_eq!(values["tagValues"], json!(["shop"]));
    let query = json!({"tagName": "name", "query": "{ kind = client }"});
    let values = ask("SearchTagValuesV2", query).await;
    assert_eq!(
        values["tagValues"],
        json!([{"type": "string", "value": "SELECT"}])
    );
}

#[tokio::test]
async fn metrics_are_those_of_http() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let url = backend.ui("");
    let nanos = |seconds: u32| (u64::from(seconds) * 1_000_000_000).to_string();
    let query = "{} | count_over_time() by (name)";
    let mut request = json!({"query": query, "start": nanos(WINDOW.0), "end": nanos(WINDOW.1)});
    let there = over_http(&backend, "metrics/query", query).await;
    let found = call(&url, SERVICE, "MetricsQueryInstant", request.clone()).await;
    assert_eq!(found.unwrap()[0]["series"], there["series"]);
    request["step"] = "1000000000".into();
    let there = over_http(&backend, "metrics/query_range?step=1", query).await;
    let found = call(&url, SERVICE, "MetricsQueryRange", request)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["metrics"], there["metrics"]);
    assert_eq!(found[0]["series"], there["series"]);
}

#[tokio::test]
async fn what_cannot_be_answered_is_an_invalid_argument() {
    let backend = Backend::start(&["--memory", "--base-path", "/below"]);
    // gRPC ignores the path.
    let url = backend.ui("");
    let rows = [
        ("Search", search("{ status = }"), "invalid TraceQL query: "),
        (
            "Search",
            json!({"start": 9, "end": 3}),
            "http parameter start must be before end. received start=9 end=3",
        ),
        (
            "SearchTags",
            json!({"scope": "none of them"}),
            "invalid scope: none of them",
        ),
        (
            "SearchTagValuesV2",
            json!({"tagName": "{"}),
            "invalid tag: ",
        ),
        (
            "MetricsQueryRange",
            json!({"query": "{}"}),
            "compiling query: not a metrics query",
        ),
        ("MetricsQueryInstant", json!({"query": "{} | rate("}), ""),
    ];
    for (method, request, expected) in rows {
        let refused = call(&url, SERVICE, method, request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{method}");
        assert!(refused.message().starts_with(expected), "{refused:?}");
    }
}
