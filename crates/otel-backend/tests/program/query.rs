//! Tests the query API, byte by byte where clients depend on it.

use serde_json::json;

use crate::support::{Backend, export, get, get_json, of_service, post, shop_trace};

#[tokio::test]
async fn a_trace_is_answered_as_jaeger_answers_it() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let (status, body) = get(&backend.ui("/api/traces/abcd?prettyPrint=true")).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(body);
}

#[tokio::test]
async fn an_unknown_trace_is_answered_as_jaeger_answers_it() {
    let backend = Backend::in_memory();
    let response = reqwest::get(backend.ui("/api/traces/1")).await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(
        response.text().await.unwrap(),
        "{\"data\":null,\"total\":0,\"limit\":0,\"offset\":0,\
         \"errors\":[{\"code\":404,\"msg\":\"trace not found\"}]}\n"
    );
    let (status, body) = get(&backend.ui("/api/traces?traceID=1")).await;
    assert_eq!(status, 200);
    assert_eq!(
        body,
        "{\"data\":[],\"total\":0,\"limit\":0,\"offset\":0,\
         \"errors\":[{\"msg\":\"trace not found\",\"traceID\":\"0000000000000001\"}]}"
    );
}

#[tokio::test]
async fn ids_are_accepted_as_clients_write_them() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    for id in [
        "abcd",
        "ABCD",
        "000000000000abcd",
        "0000000000000000000000000000abcd",
        "AAAAAAAAAAAAAAAAAACrzQ",
    ] {
        let (status, _) = get(&backend.ui(&format!("/api/traces/{id}"))).await;
        assert_eq!(status, 200, "{id}");
    }
    let (status, _) = get(&backend.ui("/api/traces/xyz")).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn services_and_operations_are_listed() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let span = json!({"traceId": "00000000000000000000000000000001", "spanId": "0000000000000001", "name": "x"});
    export(&backend, &of_service("a/b", &[span])).await;

    let (_, services) = get(&backend.ui("/api/services")).await;
    assert_eq!(
        services,
        r#"{"data":["a/b","shop"],"total":2,"limit":0,"offset":0,"errors":null}"#
    );
    for path in ["a/b", "a%2Fb", "a%252Fb"] {
        let names = get_json(&backend.ui(&format!("/api/services/{path}/operations"))).await;
        assert_eq!(names["data"], json!(["x"]), "{path}");
    }
    let operations = get_json(&backend.ui("/api/operations?service=shop")).await;
    assert_eq!(
        operations["data"],
        json!([{"name": "GET /", "spanKind": "server"}, {"name": "SELECT", "spanKind": "client"}])
    );
    let clients = get_json(&backend.ui("/api/operations?service=shop&spanKind=client")).await;
    assert_eq!(
        clients["data"],
        json!([{"name": "SELECT", "spanKind": "client"}])
    );
    let (status, _) = get(&backend.ui("/api/operations")).await;
    assert_eq!(status, 400);
    // A service without a name has no such list.
    let (status, _) = get(&backend.ui("/api/services//operations")).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_search_finds_whole_traces() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let window = "start=1700000000000000&end=1700000001000000";
    let found = get_json(&backend.ui(&format!(
        "/api/traces?service=shop&operation=SELECT&minDuration=100ms&{window}"
    )))
    .await;
    assert_eq!(found["data"][0]["traceID"], "000000000000abcd");
    assert_eq!(found["data"][0]["spans"].as_array().unwrap().len(), 2);
    let none = get_json(&backend.ui(&format!(
        "/api/traces?service=shop&operation=SELECT&minDuration=101ms&{window}"
    )))
    .await;
    assert_eq!(none["data"], json!([]));
}

#[tokio::test]
async fn pages_and_unknown_paths_are_told_apart() {
    let backend = Backend::in_memory();
    for path in ["/", "/trace/abcd", "/search"] {
        let response = reqwest::get(backend.ui(path)).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.headers()["content-type"],
            "text/html; charset=utf-8"
        );
        assert!(
            response.headers()["content-security-policy"]
                .to_str()
                .unwrap()
                .contains("default-src 'none'")
        );
    }
    assert_eq!(
        get(&backend.ui("/api/nothing")).await,
        (404, "404 page not found\n".into())
    );
    assert_eq!(get(&backend.ui("/static/nothing")).await.0, 404);
    assert_eq!(
        get(&backend.ui("/health")).await,
        (200, r#"{"status":"ready"}"#.into())
    );
}

#[tokio::test]
async fn a_trace_is_answered_in_otlp_too() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let (status, body) = get(&backend.ui("/api/v3/traces/abcd?prettyPrint=1")).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(body);
    assert_eq!(
        get(&backend.ui("/api/v3/traces/1")).await,
        (
            404,
            "{\"error\":{\"httpCode\":404,\"message\":\"No traces found\"}}\n".into()
        )
    );
}

#[tokio::test]
async fn the_new_api_lists_and_searches() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    assert_eq!(
        get(&backend.ui("/api/v3/services")).await.1,
        r#"{"services":["shop"]}"#
    );
    assert_eq!(
        get(&backend.ui("/api/v3/operations?service=shop")).await.1,
        r#"{"operations":[{"name":"GET /","spanKind":"server"},{"name":"SELECT","spanKind":"client"}]}"#
    );
    let window = "query.startTimeMin=2023-11-14T22:13:20Z&query.startTimeMax=2023-11-14T22:13:21Z";
    let found = get(&backend.ui(&format!("/api/v3/trace-summaries?{window}"))).await;
    assert_eq!(
        found.1,
        "{\"summaries\":[{\"traceId\":\"0000000000000000000000000000abcd\",\
         \"rootServiceName\":\"shop\",\"rootOperationName\":\"GET /\",\
         \"minStartTimeUnixNano\":\"1700000000000001999\",\
         \"maxEndTimeUnixNano\":\"1700000000500000000\",\
         \"spanCount\":2,\"errorSpanCount\":1,\
         \"services\":[{\"name\":\"shop\",\"spanCount\":2,\"errorSpanCount\":1}]}]}"
    );
    let none = "query.serviceName=other";
    assert_eq!(
        get(&backend.ui(&format!("/api/v3/trace-summaries?{window}&{none}"))).await,
        (200, "{\"summaries\":[]}".into())
    );
    assert_eq!(
        get(&backend.ui(&format!("/api/v3/traces?{window}&{none}")))
            .await
            .0,
        404
    );
    let unbounded = get(&backend.ui("/api/v3/trace-summaries")).await;
    assert_eq!(unbounded.0, 400);
}

#[tokio::test]
async fn dependencies_are_counted_across_requests() {
    let backend = Backend::in_memory();
    let span = |id: u8, parent: &str| {
        json!({
            "traceId": "000000000000000000000000000000aa", "spanId": format!("{id:016x}"),
            "parentSpanId": parent, "startTimeUnixNano": "1700000000000000000",
            "endTimeUnixNano": "1700000001000000000",
        })
    };
    let root = "0000000000000001";
    export(&backend, &of_service("web", &[span(1, "")])).await;
    export(
        &backend,
        &of_service("shop", &[span(2, root), span(3, root)]),
    )
    .await;
    export(
        &backend,
        &of_service("shop", &[span(4, "0000000000000002")]),
    )
    .await;
    let url = |parameters| backend.ui(&format!("/api/dependencies?endTs={parameters}"));
    let found = get_json(&url("1700000002000&lookback=3000")).await;
    assert_eq!(
        found["data"],
        // A call of a service to itself is not a dependency.
        json!([{"parent": "web", "child": "shop", "callCount": 2}])
    );
    let web_only = get_json(&url("1700000002000&lookback=3000&service=web")).await;
    assert_eq!(web_only["data"].as_array().unwrap().len(), 1);
    let ends_later = get_json(&url("1700000001000&lookback=3000")).await;
    assert_eq!(ends_later["data"], json!([]));
}

#[tokio::test]
async fn a_file_is_shown_without_being_stored() {
    let backend = Backend::in_memory();
    let lines = format!("{}\n{}\n", shop_trace(), shop_trace());
    let url = backend.ui("/api/transform");
    let (status, body) = post(&url, "application/json", lines.into_bytes()).await;
    assert_eq!(status, 200);
    let shown: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(shown["data"][0]["spans"].as_array().unwrap().len(), 4);
    assert_eq!(get(&backend.ui("/api/traces/abcd")).await.0, 404);
    assert_eq!(post(&url, "application/json", b"{".to_vec()).await.0, 400);
}

#[tokio::test]
async fn a_span_that_was_sent_twice_is_shown_once_unless_raw() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    export(&backend, &shop_trace()).await;
    let once = get_json(&backend.ui("/api/traces/abcd")).await;
    assert_eq!(once["data"][0]["spans"].as_array().unwrap().len(), 2);
    let raw = get_json(&backend.ui("/api/traces/abcd?raw=true")).await;
    assert_eq!(raw["data"][0]["spans"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_span_that_is_asked_for_first_comes_with_those_above_it() {
    let backend = Backend::in_memory();
    let span = |id: u64, parent: &str| {
        json!({
            "traceId": "0000000000000000000000000000abcd", "spanId": format!("{id:016x}"),
            "parentSpanId": parent, "name": "work", "startTimeUnixNano": format!("{id}000"),
            "endTimeUnixNano": "9000",
        })
    };
    let spans = [
        span(1, ""),
        span(2, "0000000000000001"),
        span(3, "0000000000000001"),
        span(4, "0000000000000003"),
    ];
    export(&backend, &of_service("shop", &spans)).await;
    for (first, order) in [
        ("4", [1, 3, 4, 2]),
        ("2", [1, 2, 3, 4]),
        ("ff", [1, 2, 3, 4]),
    ] {
        let url = backend.ui(&format!("/api/traces/abcd?first={first}"));
        let answer = get_json(&url).await;
        let spans = answer["data"][0]["spans"].as_array().unwrap();
        let ids = spans.iter().map(|span| span["spanID"].as_str().unwrap());
        assert!(ids.eq(order.map(|id| format!("{id:016x}"))), "{first}");
    }
    let (status, body) = get(&backend.ui("/api/traces/abcd?first=all")).await;
    assert_eq!(status, 400, "{body}");
}
