//! Jaeger's storage integration suite: its fixtures in short form, its queries, and its large
//! traces.
//!
//! <https://github.com/jaegertracing/jaeger/tree/main/internal/storage/integration>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::ask::{Ask, found};
use crate::grpc::call;
use crate::support::{Backend, export, get, get_json};

/// 2017-01-26T16:46:31.639875Z, when most spans start.
const START: u64 = 1_485_449_191_639_875;
const HOUR: u64 = 3_600_000_000;

/// The attributes in the queries: names, values in OTLP's JSON, and text.
const WANTED: [(&str, &str, &str); 4] = [
    (
        "tag1",
        r#"{"stringValue":"sameplacevalue"}"#,
        "sameplacevalue",
    ),
    ("tag2", r#"{"intValue":"123"}"#, "123"),
    ("tag3", r#"{"doubleValue":72.5}"#, "72.5"),
    ("tag4", r#"{"boolValue":true}"#, "true"),
];

/// A trace of one span and the query that finds only this trace, with the number of both.
struct Row {
    number: u32,
    /// The place of each wanted attribute: span, event, resource, scope, link, or nowhere.
    places: &'static str,
    /// The duration in nanoseconds.
    duration: u64,
    /// True if the query names the operation.
    operation: bool,
    /// The query's bounds of the duration in nanoseconds; 0 for none.
    bounds: (u64, u64),
}

const fn row(
    number: u32,
    places: &'static str,
    duration: u64,
    operation: bool,
    bounds: (u64, u64),
) -> Row {
    Row {
        number,
        places,
        duration,
        operation,
        bounds,
    }
}

/// Number 5 spans two windows and number 22 has three traces; both have tests of their own.
const ROWS: [Row; 23] = [
    row(1, "ssss", 7_000, false, (0, 0)),
    row(2, "eeee", 5_000, false, (0, 0)),
    row(3, "rrrr", 5_000, false, (0, 0)),
    row(4, "ress", 5_000, false, (0, 0)),
    row(6, "----", 5_000, true, (0, 0)),
    row(7, "----", 1_000, true, (0, 2_000)),
    row(8, "----", 5_000, true, (4_500, 5_500)),
    row(9, "----", 5_000, false, (4_500, 5_500)),
    row(10, "----", 1_000, false, (0, 1_000)),
    row(11, "----", 100_000, false, (0, 0)),
    row(12, "ssss", 2_000, true, (0, 0)),
    row(13, "rrrr", 1_000, true, (0, 2_000)),
    row(14, "eeee", 5_000, true, (4_500, 5_500)),
    row(15, "ssss", 5_000, false, (4_500, 5_500)),
    row(16, "rrrr", 1_000, false, (0, 1_000)),
    row(17, "rese", 5_000, true, (0, 0)),
    row(18, "sere", 1_000, true, (0, 2_000)),
    row(19, "serr", 5_000, true, (4_500, 5_500)),
    row(20, "esrs", 5_000, false, (4_500, 5_500)),
    row(21, "serr", 1_000, false, (0, 1_000)),
    row(23, "ssss", 1_000, false, (0, 0)),
    row(24, "cccc", 1_000, false, (0, 0)),
    row(25, "llll", 2_000, false, (0, 0)),
];

impl Row {
    fn service(&self) -> String {
        format!("query{:02}-service", self.number)
    }

    fn operation(&self) -> String {
        format!("query{:02}-operation", self.number)
    }

    fn trace(&self) -> Value {
        let attributes = |place| {
            let here = self.places.chars().zip(WANTED).filter(|(p, _)| *p == place);
            let json = |value| serde_json::from_str::<Value>(value).unwrap();
            here.map(|(_, (key, value, _))| json!({"key": key, "value": json(value)}))
                .collect::<Vec<_>>()
        };
        let blob = json!({"key": "blob", "value": {"bytesValue": "AAAwOQ=="}});
        let service = json!({"key": "service.name", "value": {"stringValue": self.service()}});
        let start = START * 1000;
        let of_resource = [vec![service], attributes('r')].concat();
        let of_span = [attributes('s'), vec![blob]].concat();
        json!({
            "resource": {"attributes": of_resource},
            "scopeSpans": [{
                "scope": {"name": "testing-library", "version": "1.1.1", "attributes": attributes('c')},
                "spans": [{
                    "traceId": self.id(), "spanId": "0000000000000001", "name": self.operation(),
                    "startTimeUnixNano": start.to_string(),
                    "endTimeUnixNano": (start + self.duration).to_string(),
                    "attributes": of_span,
                    "events": [
                        {"timeUnixNano": start.to_string(), "attributes": attributes('e')},
                        {"timeUnixNano": start.to_string()},
                    ],
                    "links": [{
                        "traceId": "000000000000000000000000000000ff", "spanId": "00000000000000ff",
                        "attributes": attributes('l'),
                    }],
                }],
            }],
        })
    }

    fn id(&self) -> String {
        format!("{:032}", self.number)
    }

    fn query(&self) -> Ask {
        let tags = WANTED.iter().filter(|_| self.places != "----");
        let tags = tags.map(|(key, _, text)| ((*key).to_owned(), (*text).to_owned()));
        let given = |bound| Some(bound).filter(|bound| *bound > 0);
        Ask {
            service: Some(self.service()),
            operation: self.operation.then(|| self.operation()),
            from: START - HOUR,
            to: START + HOUR,
            min: given(self.bounds.0),
            max: given(self.bounds.1),
            tags: tags.collect(),
        }
    }
}

async fn assert_found(backend: &Backend, ask: &Ask, expected: &[String]) {
    let expected: BTreeSet<_> = expected.iter().collect();
    for (api, ids) in found(backend, ask).await {
        assert_eq!(
            ids.iter().collect::<BTreeSet<_>>(),
            expected,
            "{api}: {ask:?}"
        );
    }
}

#[tokio::test]
async fn every_query_finds_its_trace_and_no_other() {
    let backend = Backend::in_memory();
    let traces: Vec<_> = ROWS.iter().map(Row::trace).collect();
    export(&backend, &json!({ "resourceSpans": traces })).await;
    for row in &ROWS {
        let ask = row.query();
        assert_found(&backend, &ask, &[row.id()]).await;
        let without_service = Ask {
            service: None,
            ..ask.clone()
        };
        for (api, ids) in found(&backend, &without_service).await {
            assert!(ids.contains(&row.id()), "{api}: {without_service:?}");
        }
        let (status, _) = get(&backend.ui(&format!("/api/traces/{}", row.id()))).await;
        assert_eq!(status, 200);
    }
}

/// Traces of one service, given the number and the start of each span.
fn spans(service: &str, spans: &[(u32, u64)]) -> Value {
    let spans = spans.iter().zip(1..).map(|((trace, start), id)| {
        let times = (start * 1000, start * 1000 + 5_000);
        json!({
            "traceId": format!("{trace:032}"), "spanId": format!("{id:016x}"), "name": "o",
            "startTimeUnixNano": times.0.to_string(), "endTimeUnixNano": times.1.to_string(),
        })
    });
    let service = json!({"key": "service.name", "value": {"stringValue": service}});
    json!({"resourceSpans": [{
        "resource": {"attributes": [service]},
        "scopeSpans": [{"spans": spans.collect::<Vec<_>>()}],
    }]})
}

#[tokio::test]
async fn a_trace_that_spreads_over_days_is_found_whole_and_several_are_found_at_once() {
    let backend = Backend::in_memory();
    let late = 1_485_389_011_639_875;
    let early = 1_485_388_591_639_875;
    export(
        &backend,
        &spans("query05-service", &[(5, late), (5, early)]),
    )
    .await;
    export(
        &backend,
        &spans(
            "query22-service",
            &[(221, START), (222, START), (223, START)],
        ),
    )
    .await;
    let ask = |service: &str, from, to| Ask {
        service: Some(service.to_owned()),
        from,
        to,
        ..Ask::default()
    };
    // The window contains only the later of the two spans.
    let seven_minutes = ask("query05-service", early + 1, late);
    assert_found(&backend, &seven_minutes, &[format!("{:032}", 5)]).await;
    let whole = get_json(&backend.ui(&format!("/api/traces/{:032}", 5))).await;
    assert_eq!(whole["data"][0]["spans"].as_array().unwrap().len(), 2);
    let three = ask("query22-service", START - HOUR, START + HOUR);
    let ids = [221, 222, 223].map(|id| format!("{id:032}"));
    assert_found(&backend, &three, &ids).await;
}

#[tokio::test]
async fn the_example_trace_lists_its_services_and_operations() {
    let backend = Backend::in_memory();
    let rows = [
        (1, "1", 0),
        (1, "3", 2),
        (1, "4", 3),
        (2, "2", 0),
        (3, "1", 0),
    ];
    let start = (START * 1000).to_string();
    let spans = rows.iter().zip(3..).map(|((service, operation, kind), id)| {
        let service = format!("example-service-{service}");
        json!({
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
            "scopeSpans": [{"spans": [{
                "traceId": format!("{:032}", 11), "spanId": format!("{id:016x}"), "kind": kind,
                "name": format!("example-operation-{operation}"),
                "startTimeUnixNano": start, "endTimeUnixNano": start,
            }]}],
        })
    });
    export(
        &backend,
        &json!({ "resourceSpans": spans.collect::<Vec<_>>() }),
    )
    .await;
    let services = json!([
        "example-service-1",
        "example-service-2",
        "example-service-3"
    ]);
    assert_eq!(
        get_json(&backend.ui("/api/services")).await["data"],
        services
    );
    assert_eq!(
        get_json(&backend.ui("/api/v3/services")).await["services"],
        services
    );
    let operations = json!([
        {"name": "example-operation-1", "spanKind": ""},
        {"name": "example-operation-3", "spanKind": "server"},
        {"name": "example-operation-4", "spanKind": "client"},
    ]);
    let old = "/api/operations?service=example-service-1";
    assert_eq!(get_json(&backend.ui(old)).await["data"], operations);
    let server = get_json(&backend.ui(&format!("{old}&spanKind=server"))).await;
    assert_eq!(server["data"], json!([operations[1]]));
    let unknown = get_json(&backend.ui(&format!("{old}&spanKind=foo"))).await;
    assert_eq!(unknown["data"], json!([]));
    let v3 = get_json(&backend.ui("/api/v3/operations?service=example-service-1")).await;
    assert_eq!(
        v3["operations"][0],
        json!({"name": "example-operation-1", "spanKind": "internal"})
    );
}

/// A trace of so many spans, one per second; every `nth` span has the id of the first.
async fn export_large(backend: &Backend, count: u64, nth: u64) {
    let spans: Vec<_> = (0..count)
        .map(|n| {
            let start = (START + n * 1_000_000) * 1000;
            let is_repeated = nth > 0 && n.is_multiple_of(nth);
            let id = if is_repeated { 1 } else { n + 1 };
            json!({
                "traceId": format!("{:032}", 11), "spanId": format!("{id:016x}"), "name": "large",
                "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 1).to_string(),
            })
        })
        .collect();
    for spans in spans.chunks(2_000) {
        let service = json!({"key": "service.name", "value": {"stringValue": "large"}});
        let request = json!({"resourceSpans": [{
            "resource": {"attributes": [service]}, "scopeSpans": [{"spans": spans}],
        }]});
        export(backend, &request).await;
    }
}

/// The number of spans of the trace, by API.
async fn counts(backend: &Backend) -> BTreeMap<&'static str, usize> {
    let id = format!("{:032}", 11);
    let old = get_json(&backend.ui(&format!("/api/traces/{id}"))).await;
    let old = old["data"][0]["spans"].as_array().unwrap().len();
    let count = |answers: &[Value]| {
        let resources = answers
            .iter()
            .flat_map(|a| a["resourceSpans"].as_array().unwrap());
        let scopes = resources.flat_map(|r| r["scopeSpans"].as_array().unwrap());
        scopes
            .map(|s| s["spans"].as_array().unwrap().len())
            .sum::<usize>()
    };
    let v3 = get_json(&backend.ui(&format!("/api/v3/traces/{id}"))).await;
    let request = json!({"traceId": id, "rawTraces": true});
    let url = backend.query_grpc();
    let grpc = call(&url, "jaeger.api_v3.QueryService", "GetTrace", request).await;
    BTreeMap::from([
        ("old", old),
        ("v3", count(&[v3["result"].clone()])),
        ("gRPC", count(&grpc.unwrap())),
    ])
}

#[tokio::test]
async fn a_trace_of_ten_thousand_spans_over_hours_is_whole() {
    let backend = Backend::in_memory();
    export_large(&backend, 10_008, 0).await;
    assert!(
        counts(&backend)
            .await
            .values()
            .all(|count| *count == 10_008)
    );
    let (_, text) = get(&backend.ui(&format!("/api/traces/{:032}", 11))).await;
    assert!(text.len() > 1_000_000, "it is sent in several pieces");
}

#[tokio::test]
async fn spans_that_share_an_id_and_nothing_else_are_all_kept() {
    let backend = Backend::in_memory();
    export_large(&backend, 200, 20).await;
    let counts = counts(&backend).await;
    assert!(counts.values().all(|count| *count == 200), "{counts:?}");
}
