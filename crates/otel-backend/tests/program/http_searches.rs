//! Tests the searches of Jaeger's HTTP APIs, condition by condition.

use serde_json::json;

use crate::support::{Backend, export, get_json, of_service, shop_trace};

/// The window of `shop_trace`.
const WINDOW: &str = "start=1700000000000000&end=1700000001000000";
const WINDOW_V3: &str =
    "query.startTimeMin=2023-11-14T22:13:20Z&query.startTimeMax=2023-11-14T22:13:21Z";

/// The number of traces that a search with these parameters finds.
async fn found(backend: &Backend, parameters: &str) -> usize {
    let path = format!("/api/traces?{parameters}");
    let answer = get_json(&backend.ui(&path)).await;
    answer["data"].as_array().unwrap().len()
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
        // Durations are inclusive, for spans of 499.998001 ms and 100 ms.
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
        // Both conditions hold, but for different spans.
        ("tag=n:true&tag=http.status:500", 0),
        ("operation=SELECT&tag=error:true", 0),
        ("tag=error:true", 1),
        ("tag=error:1", 1),
        ("tag=error:false&operation=SELECT", 0),
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
        // If a key is given twice, the last value counts.
        ("tag=http.status:404&tag=http.status:500", 1),
        ("tag=http.status:500&tags={\"http.status\":\"404\"}", 0),
        ("tags=null", 1),
    ];
    for (parameters, expected) in rows {
        let all = format!("{WINDOW}&{parameters}");
        assert_eq!(found(&backend, &all).await, expected, "{parameters}");
    }
    // The window is inclusive, exact to the microsecond, and applies to spans, not traces.
    for (window, expected) in [
        ("start=1700000000100000&end=1700000000100000", 1),
        ("start=1700000000100001&end=1700000000100001", 0),
        ("start=1700000000000001&end=1700000000000001", 0),
        ("start=1700000000000001&end=1700000000000002", 1),
        ("start=0&end=1700000000000001", 0),
        ("start=-5&end=1700000000000002", 1),
        // By default, two days back.
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
    // Not in the order of time.
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
