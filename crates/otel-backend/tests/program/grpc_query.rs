//! Jaeger's query services over gRPC.

use serde_json::{Value, json};
use tonic::Code;

use crate::grpc::{call, call_raw};
use crate::support::{Backend, export, of_service, shop_trace};

const V2: &str = "jaeger.api_v2.QueryService";
const V3: &str = "jaeger.api_v3.QueryService";

/// The trace of [`shop_trace`] in base64.
const ID: &str = "AAAAAAAAAAAAAAAAAACrzQ==";

/// A search over the window of [`shop_trace`].
fn search(more: &Value) -> Value {
    let mut query = json!({
        "startTimeMin": "2023-11-14T22:13:20Z", "startTimeMax": "2023-11-14T22:13:21Z",
        "searchDepth": 20,
    });
    let members = query.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    json!({ "query": query })
}

#[tokio::test]
async fn the_older_service_answers_in_jaegers_model() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let url = backend.query_grpc();
    let found = call(&url, V2, "GetTrace", json!({ "traceId": ID })).await;
    insta::assert_json_snapshot!("v2_trace", found.unwrap());
    // Eight bytes are the low half of an id.
    let short = call(&url, V2, "GetTrace", json!({ "traceId": "AAAAAAAAq80=" })).await;
    assert_eq!(short.unwrap().len(), 1);

    let services = call(&url, V2, "GetServices", json!({})).await.unwrap();
    assert_eq!(services, [json!({"services": ["shop"]})]);
    let operations = json!({"service": "shop", "spanKind": "client"});
    let operations = call(&url, V2, "GetOperations", operations).await.unwrap();
    assert_eq!(
        operations,
        [json!({
            "operationNames": ["SELECT"],
            "operations": [{"name": "SELECT", "spanKind": "client"}],
        })]
    );
}

#[tokio::test]
async fn the_newer_service_answers_in_otlp() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let url = backend.query_grpc();
    let found = call(&url, V3, "GetTrace", json!({ "traceId": "ABCD" })).await;
    insta::assert_json_snapshot!("v3_trace", found.unwrap());
    let summaries = call(&url, V3, "FindTraceSummaries", search(&json!({}))).await;
    insta::assert_json_snapshot!("v3_summaries", summaries.unwrap());

    let services = call(&url, V3, "GetServices", json!({})).await.unwrap();
    assert_eq!(services, [json!({"services": ["shop"]})]);
    let operations = json!({"service": "shop", "spanKind": "server"});
    let operations = call(&url, V3, "GetOperations", operations).await.unwrap();
    assert_eq!(
        operations,
        [json!({"operations": [{"name": "GET /", "spanKind": "server"}]})]
    );
}

#[tokio::test]
async fn both_services_tell_who_calls_whom() {
    let backend = Backend::in_memory();
    let span = |id: u8, parent: &str| {
        json!({"traceId": "a".repeat(32), "spanId": format!("{id:016x}"), "parentSpanId": parent,
            "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000000000001"})
    };
    export(&backend, &of_service("web", &[span(1, "")])).await;
    export(
        &backend,
        &of_service("shop", &[span(2, "0000000000000001")]),
    )
    .await;
    let day = json!({"startTime": "2023-11-14T00:00:00Z", "endTime": "2023-11-15T00:00:00Z"});
    for service in [V2, V3] {
        let found = call(
            &backend.query_grpc(),
            service,
            "GetDependencies",
            day.clone(),
        )
        .await;
        let expected = json!({"parent": "web", "child": "shop", "callCount": "1"});
        assert_eq!(found.unwrap(), [json!({"dependencies": [expected]})]);
    }
}

#[tokio::test]
async fn both_services_search_alike() {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    let url = backend.query_grpc();
    let rows = [
        (json!({}), 1),
        (json!({"serviceName": "shop", "operationName": "SELECT"}), 1),
        (json!({"serviceName": "other"}), 0),
        (json!({"operationName": "SELECT", "durationMin": "0.1s"}), 1),
        (
            json!({"operationName": "SELECT", "durationMin": "0.100000001s"}),
            0,
        ),
        (json!({"operationName": "SELECT", "durationMax": "0.1s"}), 1),
        (
            json!({"operationName": "SELECT", "durationMax": "0.099999999s"}),
            0,
        ),
        (json!({"startTimeMin": "2023-11-14T22:13:20.100000001Z"}), 0),
        (
            json!({"startTimeMin": "2023-11-14T22:13:20.1Z", "searchDepth": 0}),
            1,
        ),
    ];
    for (query, expected) in rows {
        for service in [V2, V3] {
            let found = call(&url, service, "FindTraces", search(&query))
                .await
                .unwrap();
            assert_eq!(found.len(), expected, "{service} {query}");
        }
    }
    for (value, expected) in [("500", 1), ("501", 0)] {
        let tags = json!({"http.status": value});
        let v2 = search(&json!({ "tags": tags }));
        assert_eq!(
            call(&url, V2, "FindTraces", v2).await.unwrap().len(),
            expected
        );
        let v3 = search(&json!({ "attributes": tags }));
        assert_eq!(
            call(&url, V3, "FindTraces", v3).await.unwrap().len(),
            expected
        );
    }
    // The v2 service applies only the given conditions.
    let unbounded = json!({"query": {"serviceName": "shop"}});
    assert_eq!(
        call(&url, V2, "FindTraces", unbounded).await.unwrap().len(),
        1
    );
}

async fn assert_refused(rows: &[(&str, &str, Value, Code, &str)]) {
    let backend = Backend::in_memory();
    let url = backend.query_grpc();
    for (service, method, request, code, message) in rows {
        let status = call(&url, service, method, request.clone()).await;
        let status = status.unwrap_err();
        let answer = (status.code(), status.message());
        assert_eq!(answer, (*code, *message), "{service}/{method} {request}");
    }
}

#[tokio::test]
async fn what_the_older_service_cannot_answer_is_refused_by_jaegers_codes() {
    use Code::{Internal, InvalidArgument, NotFound};
    let zero = "uninitialized TraceID is not allowed";
    let no_archive = "failed to archive trace: archive span storage was not configured";
    let by_id = json!({ "traceId": ID });
    assert_refused(&[
        (V2, "GetTrace", json!({}), InvalidArgument, zero),
        (
            V2,
            "GetTrace",
            json!({"traceId": "AAA="}),
            InvalidArgument,
            "invalid length for TraceID",
        ),
        (V2, "GetTrace", by_id.clone(), NotFound, "trace not found"),
        (
            V2,
            "FindTraces",
            json!({}),
            InvalidArgument,
            "missing query",
        ),
        (V2, "ArchiveTrace", json!({}), InvalidArgument, zero),
        (V2, "ArchiveTrace", by_id, Internal, no_archive),
        (
            V2,
            "GetDependencies",
            json!({}),
            InvalidArgument,
            "StartTime and EndTime must be initialized.",
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_the_newer_service_cannot_answer_is_refused_by_jaegers_codes() {
    use Code::{InvalidArgument, NotFound};
    let no_id = "malform trace ID: strconv.ParseUint: parsing \"x\": invalid syntax";
    let no_window = "start time min and max are required parameters";
    let filter = search(&json!({"filter": {}}));
    let no_filter = "the structured query filter is disabled: use attributes";
    let start = json!({"startTime": "2023-11-14T00:00:00Z"});
    let mut point = start.clone();
    point["endTime"] = start["startTime"].clone();
    assert_refused(&[
        (
            V3,
            "GetTrace",
            json!({"traceId": "x"}),
            InvalidArgument,
            no_id,
        ),
        (
            V3,
            "GetTrace",
            json!({"traceId": "1"}),
            NotFound,
            "trace not found",
        ),
        (
            V3,
            "FindTraces",
            json!({}),
            InvalidArgument,
            "missing query",
        ),
        (
            V3,
            "FindTraces",
            json!({"query": {}}),
            InvalidArgument,
            no_window,
        ),
        (V3, "FindTraces", filter, InvalidArgument, no_filter),
        (
            V3,
            "FindTraceSummaries",
            json!({}),
            InvalidArgument,
            "missing query",
        ),
        (
            V3,
            "GetDependencies",
            json!({}),
            InvalidArgument,
            "start_time is required",
        ),
        (
            V3,
            "GetDependencies",
            start,
            InvalidArgument,
            "end_time is required",
        ),
        (
            V3,
            "GetDependencies",
            point,
            InvalidArgument,
            "end_time must be after start_time",
        ),
    ])
    .await;
}

#[tokio::test]
async fn nothing_found_is_an_empty_stream_and_an_unknown_service_is_named_so() {
    let backend = Backend::in_memory();
    let url = backend.query_grpc();
    for service in [V2, V3] {
        let found = call(&url, service, "FindTraces", search(&json!({}))).await;
        assert_eq!(found.unwrap(), Vec::<Value>::new());
    }
    let metrics = "jaeger.api_v2.metrics.MetricsQueryService";
    let unknown = call_raw(&url, metrics, "GetLatencies", Vec::new()).await;
    assert_eq!(unknown.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_large_trace_comes_in_messages_that_every_client_accepts() {
    let backend = Backend::in_memory();
    let spans = |from: u64| {
        let span = |n: u64| {
            json!({
                "traceId": "0000000000000000000000000000abcd", "spanId": format!("{n:016x}"),
                "name": "x".repeat(100), "startTimeUnixNano": n.to_string(),
                "endTimeUnixNano": n.to_string(),
            })
        };
        (from..from + 2502).map(span).collect::<Vec<_>>()
    };
    for part in 0..4 {
        export(&backend, &of_service("s", &spans(1 + part * 2502))).await;
    }
    let url = backend.query_grpc();
    let v2 = call(&url, V2, "GetTrace", json!({ "traceId": ID }))
        .await
        .unwrap();
    let spans = v2
        .iter()
        .map(|chunk| chunk["spans"].as_array().unwrap().len());
    assert_eq!(spans.clone().sum::<usize>(), 10_008);
    assert!(spans.max().unwrap() <= 10);
    let v3 = call(&url, V3, "GetTrace", json!({ "traceId": "abcd" }))
        .await
        .unwrap();
    let groups = v3
        .iter()
        .flat_map(|message| message["resourceSpans"].as_array().unwrap());
    let scopes = groups.flat_map(|group| group["scopeSpans"].as_array().unwrap());
    let spans = scopes.map(|scope| scope["spans"].as_array().unwrap().len());
    assert_eq!(spans.sum::<usize>(), 10_008);
    assert!(v3.len() > 1);
}

#[tokio::test]
async fn the_services_tell_of_their_health_and_describe_themselves() {
    let backend = Backend::in_memory();
    let url = backend.query_grpc();
    // `HealthCheckRequest` has the name in field 1, `HealthCheckResponse` has the status: 1 means
    // serving.
    for (service, status) in [
        ("", 1),
        (V2, 1),
        (V3, 1),
        ("jaeger.api_v2.metrics.MetricsQueryService", 2),
    ] {
        let length = u8::try_from(service.len()).unwrap();
        let request = [&[0x0a, length], service.as_bytes()].concat();
        let answer = call_raw(&url, "grpc.health.v1.Health", "Check", request)
            .await
            .unwrap();
        assert_eq!(answer, [[8, status].to_vec()], "{service}");
    }
    for version in ["v1", "v1alpha"] {
        // `ServerReflectionRequest` with `list_services` in field 7.
        let reflection = format!("grpc.reflection.{version}.ServerReflection");
        let request = vec![0x3a, 1, b'*'];
        let answer = call_raw(&url, &reflection, "ServerReflectionInfo", request)
            .await
            .unwrap();
        let text = String::from_utf8_lossy(&answer[0]).into_owned();
        for service in [V2, V3, "grpc.health.v1.Health"] {
            assert!(text.contains(service), "{text}");
        }
    }
}
