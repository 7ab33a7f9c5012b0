//! Tests TraceQL over HTTP: pipelines, structure and metrics over spans just received.

use serde_json::{Value, json};

use crate::support::{Backend, command, export, get, get_json, of_service, shop_trace};

/// The start of the spans of [`jobs`], in seconds; a multiple of 30.
const START: u64 = 1_700_000_040;

/// A trace of another service: a job with two steps, one of which fails.
fn jobs() -> Value {
    let span = |id: &str, parent: &str, name: &str, millis: u64, duration: u64| {
        let start = START * 1_000_000_000 + millis * 1_000_000;
        json!({
            "traceId": "000000000000000000000000000000bb", "spanId": id, "parentSpanId": parent,
            "name": name, "kind": 5,
            "startTimeUnixNano": start.to_string(),
            "endTimeUnixNano": (start + duration * 1_000_000).to_string(),
            "attributes": [{"key": "tags", "value": {"arrayValue": {"values": [
                {"stringValue": "x"}, {"stringValue": name},
            ]}}}],
        })
    };
    let mut failed = span("00000000000000b3", "00000000000000b1", "step", 1600, 300);
    failed["status"] = json!({"code": 2});
    of_service(
        "worker",
        &[
            span("00000000000000b1", "", "job", 1, 2000),
            span("00000000000000b2", "00000000000000b1", "step", 500, 1000),
            failed,
        ],
    )
}

async fn backend() -> Backend {
    let backend = Backend::in_memory();
    export(&backend, &shop_trace()).await;
    export(&backend, &jobs()).await;
    backend
}

fn escaped(query: &str) -> String {
    url::form_urlencoded::byte_serialize(query.as_bytes()).collect()
}

async fn search(backend: &Backend, query: &str) -> Value {
    let window = format!("start=1700000000&end={}", START + 60);
    let url = format!("/tempo/api/search?q={}&spss=10&{window}", escaped(query));
    get_json(&backend.ui(&url)).await["traces"].clone()
}

/// The ids of the spans of each spanset, without leading zeros.
fn spans(traces: &Value) -> Vec<Vec<String>> {
    let traces = traces.as_array().unwrap().iter();
    let sets = traces.flat_map(|trace| trace["spanSets"].as_array().unwrap());
    let ids = |set: &Value| {
        let spans = set["spans"].as_array().unwrap().iter();
        let id = |span: &Value| {
            span["spanID"]
                .as_str()
                .unwrap()
                .trim_start_matches('0')
                .to_owned()
        };
        spans.map(id).collect()
    };
    sets.map(ids).collect()
}

#[tokio::test]
async fn pipelines_and_structure_choose_spans() {
    let backend = backend().await;
    for (query, expected) in [
        ("{ name = `job` } >> { status = error }", vec![vec!["b3"]]),
        (
            "{ name = `step` } && { name = `job` }",
            vec![vec!["b1", "b2", "b3"]],
        ),
        ("{ } | count() > 2", vec![vec!["b1", "b2", "b3"]]),
        ("{ span.tags = `step` }", vec![vec!["b2", "b3"]]),
        ("{ span.tags != `step` }", vec![vec!["b1"]]),
        (
            "{ resource.service.name != nil } | by(name) | count() > 1",
            vec![vec!["b2", "b3"]],
        ),
        ("{ rootName = `GET /` && event.n }", vec![vec!["2"]]),
        (
            "{ traceDuration > 1s && status = error } | rate()",
            vec![vec!["b3"]],
        ),
        (
            "{ name = `nothing` } || { status = error }",
            vec![vec!["b3"], vec!["1"]],
        ),
        ("{ 1 = 2 }", vec![]),
    ] {
        let found = search(&backend, query).await;
        assert_eq!(spans(&found), expected, "{query}");
    }
}

#[tokio::test]
async fn grafanas_structure_is_whole() {
    let backend = backend().await;
    let query = "({nestedSetParent<0 && true} &>> { kind = consumer }) || ({nestedSetParent<0 && true}) \
                 | select(status, resource.service.name, name, nestedSetParent, nestedSetLeft, nestedSetRight)";
    let found = search(&backend, query).await;
    let set = &found[0]["spanSet"];
    assert_eq!(
        (
            &set["matched"],
            found[0]["spanSets"].as_array().unwrap().len()
        ),
        (&json!(3), 1)
    );
    assert_eq!(
        set["spans"][0]["attributes"],
        json!([
            {"key": "nestedSetParent", "value": {"intValue": "-1"}},
            {"key": "kind", "value": {"stringValue": "consumer"}},
            {"key": "status", "value": {"stringValue": "unset"}},
            {"key": "service.name", "value": {"stringValue": "worker"}},
            {"key": "nestedSetLeft", "value": {"intValue": "1"}},
            {"key": "nestedSetRight", "value": {"intValue": "6"}},
        ])
    );
    let several = search(&backend, "{ } | by(status) | count() > 0").await;
    assert_eq!(
        several[0].get("spanSet"),
        None,
        "of several spansets, Grafana would show only that"
    );
    assert_eq!(
        several[0]["spanSets"][0]["attributes"],
        json!([
            {"key": "by(status)", "value": {"stringValue": "unset"}},
            {"key": "count()", "value": {"intValue": "2"}},
        ])
    );
}

async fn series(backend: &Backend, query: &str) -> Value {
    let url = format!(
        "/tempo/api/metrics/query_range?q={}&start={START}&end={}&step=30",
        escaped(query),
        START + 60
    );
    get_json(&backend.ui(&url)).await
}

#[tokio::test]
async fn series_are_made_of_what_was_just_received() {
    let backend = backend().await;
    let answer = series(&backend, "{ } | count_over_time() by (status)").await;
    let at = |seconds: u64| (seconds * 1000).to_string();
    assert_eq!(
        answer,
        json!({
            "series": [
                {
                    "labels": [{"key": "status", "value": {"stringValue": "error"}}],
                    "samples": [
                        {"timestampMs": at(START)},
                        {"timestampMs": at(START + 30), "value": 1.0},
                        {"timestampMs": at(START + 60)},
                    ],
                },
                {
                    "labels": [{"key": "status", "value": {"stringValue": "unset"}}],
                    "samples": [
                        {"timestampMs": at(START)},
                        {"timestampMs": at(START + 30), "value": 2.0},
                        {"timestampMs": at(START + 60)},
                    ],
                    "exemplars": [{
                        "labels": [{"key": "trace:id", "value": {"stringValue": "bb"}}],
                        "value": 2.0, "timestampMs": (START * 1000 + 1).to_string(),
                    }],
                },
            ],
            "metrics": {"completedJobs": 1, "totalJobs": 1},
        })
    );
    let slow = series(&backend, "{ } >> { } | max_over_time(duration) > 0.5").await;
    assert_eq!(
        slow["series"][0]["samples"],
        json!([{"timestampMs": at(START + 30), "value": 1.0}])
    );
    let instant = format!(
        "/tempo/api/metrics/query?q={}&start={START}&end={}",
        escaped("{ status = error } | rate() with(sample=true)"),
        START + 10
    );
    assert_eq!(
        get_json(&backend.ui(&instant)).await,
        json!({
            "series": [{"labels": [{"key": "__name__", "value": {"stringValue": "rate"}}], "value": 0.1}],
            "metrics": {"completedJobs": 1, "totalJobs": 1},
        })
    );
}

#[tokio::test]
async fn chosen_spans_are_compared() {
    let backend = backend().await;
    let answer = series(&backend, "{ } | compare({ status = error }, 10)").await;
    let of = |kind: &str, field: &str| {
        let found = answer["series"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|series| {
                series["labels"][0]["value"]["stringValue"] == kind
                    && series["labels"][1]["key"] == field
            });
        found
            .map(|series| series["labels"][1]["value"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("selection", "name"), [json!({"stringValue": "step"})]);
    assert_eq!(
        of("baseline", "name"),
        [
            json!({"stringValue": "job"}),
            json!({"stringValue": "step"})
        ]
    );
    assert_eq!(
        of("baseline_total", "rootServiceName"),
        [json!({"stringValue": "nil"})]
    );
}

#[tokio::test]
async fn wrong_metrics_are_refused_in_tempos_words() {
    let backend = Backend::in_memory();
    for (parameters, message) in [
        ("q=%7B%7D", "compiling query: not a metrics query"),
        (
            "q=%7B%7D%7Crate()%7Ctopk(0)",
            "compiling query: limit must be greater than 0",
        ),
        (
            "q=%7B%7D%7Crate(",
            "parse error at line 1, col 9: syntax error: unexpected end of query, expected )",
        ),
        (
            "q=%7B%7D%7Crate()&start=20&end=10",
            "end must be greater than start",
        ),
        (
            "q=%7B%7D%7Crate()&since=1h&step=1ms",
            "step of 1ms is too small, minimum step for given range is 360ms",
        ),
        (
            "q=%7B%7D%7Crate()&start=x",
            "invalid start: \"x\" is not a time",
        ),
    ] {
        let answer =
            get(&backend.ui(&format!("/tempo/api/metrics/query_range?{parameters}"))).await;
        assert_eq!(answer, (400, format!("{message}\n")), "{parameters}");
    }
}

#[tokio::test]
async fn the_monitor_page_of_jaeger_ui_is_filled() {
    let backend = backend().await;
    let end = (START + 30) * 1000;
    let window = format!("endTs={end}&lookback=60000&step=30000&ratePer=600000");
    let ask = async |path: &str| {
        let url = format!("/api/metrics/{path}&service=worker&spanKind=consumer&{window}");
        get_json(&backend.ui(&url)).await
    };
    let calls = ask("calls?groupByOperation=false").await;
    assert_eq!(
        calls,
        json!({
            "name": "service_call_rate", "type": "GAUGE", "help": "calls/sec, grouped by service",
            "metrics": [{
                "labels": [{"name": "service_name", "value": "worker"}],
                "metricPoints": [
                    {"gaugeValue": {"doubleValue": 0.0}, "timestamp": "2023-11-14T22:13:30Z"},
                    {"gaugeValue": {"doubleValue": 0.0}, "timestamp": "2023-11-14T22:14:00Z"},
                    {"gaugeValue": {"doubleValue": 0.1}, "timestamp": "2023-11-14T22:14:30Z"},
                ],
            }],
        })
    );
    let errors = ask("errors?groupByOperation=true").await;
    assert_eq!(errors["name"], "service_operation_error_rate");
    let shares = errors["metrics"].as_array().unwrap().iter().map(|metric| {
        let point = &metric["metricPoints"][0]["gaugeValue"]["doubleValue"];
        (
            metric["labels"][1]["value"].as_str().unwrap().to_owned(),
            point.as_f64().unwrap(),
        )
    });
    assert_eq!(
        shares.collect::<Vec<_>>(),
        [("job".to_owned(), 0.0), ("step".to_owned(), 0.5)]
    );
    let latencies = ask("latencies?quantile=0.95").await;
    assert_eq!(
        latencies["help"],
        "0.95th quantile latency, grouped by service"
    );
    let point = &latencies["metrics"][0]["metricPoints"][0]["gaugeValue"]["doubleValue"];
    assert!(
        (point.as_f64().unwrap() - 2_147.483_648).abs() < 1e-6,
        "{point}"
    );
}

#[tokio::test]
async fn a_query_is_answered_from_the_shell_while_a_backend_runs() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    export(&backend, &shop_trace()).await;
    export(&backend, &jobs()).await;
    let ask = |arguments: &[&str]| {
        let mut command = command(&["--data-dir", directory.path().to_str().unwrap()]);
        command.args([
            "query",
            "--from",
            "2023-11-14T22:00:00Z",
            "--to",
            "2023-11-14T22:15:00Z",
        ]);
        let output = command.args(arguments).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.success(), text)
    };
    let (ok, text) = ask(&["{ status = error } | select(span.http.status)"]);
    assert!(ok, "{text}");
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[0].contains("000000000000000000000000000000bb  00000000000000b3"),
        "{text}"
    );
    assert!(
        lines[0].ends_with("300ms  worker            step  status=error"),
        "{text}"
    );
    assert!(
        lines[1].ends_with("shop              GET /  status=error  http.status=500"),
        "{text}"
    );
    let (ok, text) = ask(&[
        "--json",
        "--step",
        "5m",
        "{ } | count_over_time() by (resource.service.name)",
    ]);
    assert!(ok, "{text}");
    let series: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(series["labels"], json!({"resource.service.name": "shop"}));
    let counts = series["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point[1].as_f64().unwrap());
    assert!((counts.sum::<f64>() - 2.0).abs() < 1e-9, "{text}");
    for (arguments, reason) in [
        (
            &["{"][..],
            "invalid TraceQL query: parse error at line 1, col 2",
        ),
        (
            &["{} | rate()", "--step", "soon"],
            "--step: 'soon' is not a duration",
        ),
    ] {
        let (ok, text) = ask(arguments);
        assert!(!ok && text.contains(reason), "{text}");
    }
}

/// The names of the found traces in order, and the first span shown of the first trace.
async fn ordered(backend: &Backend, order: &str) -> (Vec<String>, String) {
    let window = format!("start=1700000000&end={}", START + 60);
    let query = escaped(r#"{ name != "job" }"#);
    let url = format!("/tempo/api/search?q={query}&spss=1&limit=2&order={order}&{window}");
    let found = get_json(&backend.ui(&url)).await["traces"].clone();
    let roots = found.as_array().unwrap().iter();
    let roots = roots.map(|trace| trace["rootTraceName"].as_str().unwrap().to_owned());
    let span = &found[0]["spanSets"][0]["spans"][0]["name"];
    (roots.collect(), span.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_order_is_of_all_traces_that_match() {
    let backend = backend().await;
    // The newest and shortest trace, with one span and no error.
    let late = json!({
        "traceId": "000000000000000000000000000000cc", "spanId": "00000000000000c1",
        "name": "late", "startTimeUnixNano": format!("{}000000000", START + 50),
        "endTimeUnixNano": format!("{}000000001", START + 50),
    });
    export(&backend, &of_service("cron", &[late])).await;
    for (order, first, second) in [
        ("newest", "late", "job"),
        ("longest", "job", "GET /"),
        ("shortest", "late", "GET /"),
        ("spans", "job", "GET /"),
        ("longest-span", "job", "GET /"),
    ] {
        let (roots, _) = ordered(&backend, order).await;
        assert_eq!(roots, [first, second], "{order}");
    }
    // Two traces have an error each: the newer one comes first.
    assert_eq!(ordered(&backend, "errors").await.0, ["job", "GET /"]);
    // The longest of the matching spans is shown.
    assert_eq!(ordered(&backend, "longest-span").await.1, "step");
    let url = backend.ui("/tempo/api/search?q=%7B%7D&order=slowest");
    let named = "newest, longest, shortest, spans, errors, longest-span";
    let reason = format!("invalid order: \"slowest\" is not one of {named}\n");
    assert_eq!(get(&url).await, (400, reason));
}

#[tokio::test]
async fn durations_are_exact_for_those_who_ask() {
    let backend = backend().await;
    let url = "/tempo/api/search?q=%7B%7D&start=1700000000&end=1700000001&exact=true";
    let found = get_json(&backend.ui(url)).await;
    assert_eq!(found["traces"][0]["durationNanos"], "499998001");
    assert_eq!(found["traces"][0]["durationMs"], 499);
}

#[tokio::test]
async fn a_query_with_thousands_of_conditions_is_refused() {
    let backend = Backend::in_memory();
    let tags = format!("/tempo/api/search?tags={}", "a=b+".repeat(1_001));
    let (status, body) = get(&backend.ui(&tags)).await;
    assert_eq!(status, 400);
    assert!(body.contains("more than 1000"), "{body}");
    let conditions = vec![".a=1"; 2_001].join("%7C%7C");
    let (status, body) = get(&backend.ui(&format!("/tempo/api/search?q=%7B{conditions}%7D"))).await;
    assert_eq!(status, 400);
    assert!(body.contains("more than 4000"), "{body}");
}
