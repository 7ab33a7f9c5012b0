//! Tests log records: accepted by each protocol, stored, and found again.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::UNIX_EPOCH;

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValueKind;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use serde_json::{Value, json};

use crate::limits::metric;
use crate::protocols::{call, call_packed};
use crate::support::{Backend, ask, command, get, get_json, post};

pub(crate) const EXPORT: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

const PROTOBUF: &str = "application/x-protobuf";

/// A time that is not odd.
const TODAY: u64 = 1_700_000_000_000_000_000;

fn text(text: &str) -> AnyValue {
    AnyValue {
        value: Some(AnyValueKind::StringValue(text.to_owned())),
    }
}

fn record(time: u64, severity: i32, body: &str) -> LogRecord {
    LogRecord {
        time_unix_nano: time,
        severity_number: severity,
        body: Some(text(body)),
        trace_id: vec![0xa1; 16],
        span_id: vec![0xb2; 8],
        ..LogRecord::default()
    }
}

fn request(service: &str, records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(Resource {
                attributes: vec![KeyValue {
                    key: "service.name".to_owned(),
                    value: Some(text(service)),
                    ..KeyValue::default()
                }],
                ..Resource::default()
            }),
            scope_logs: vec![ScopeLogs {
                log_records: records,
                ..ScopeLogs::default()
            }],
            ..ResourceLogs::default()
        }],
    }
}

async fn send(backend: &Backend, service: &str, records: Vec<LogRecord>) {
    let body = request(service, records).encode_to_vec();
    let (status, answer) = post(&backend.otlp_http("/v1/logs"), PROTOBUF, body).await;
    let answer = ExportLogsServiceResponse::decode(answer.as_slice()).unwrap();
    let rejected = answer
        .partial_success
        .map_or(0, |part| part.rejected_log_records);
    assert_eq!((status, rejected), (200, 0));
}

/// The texts of the records found, in order.
async fn found(backend: &Backend, question: &str) -> Vec<String> {
    let answer = get_json(&backend.ui(&format!("/api/logs?{question}"))).await;
    texts(&answer)
}

fn texts(answer: &Value) -> Vec<String> {
    let logs = answer["logs"].as_array().unwrap();
    let text = |log: &Value| log["text"].as_str().unwrap().to_owned();
    logs.iter().map(text).collect()
}

#[tokio::test]
async fn records_are_taken_on_both_ports_by_every_protocol() {
    for port in ["OTLP gRPC", "OTLP HTTP"] {
        let backend = Backend::in_memory();
        let url = backend.url(port, "");
        let body = |text| request("shop", vec![record(TODAY, 9, text)]).encode_to_vec();
        let answer = call(url.clone(), EXPORT, body("by gRPC"), None)
            .await
            .unwrap();
        assert!(answer.is_empty());
        let logs = format!("{url}/v1/logs");
        assert_eq!(post(&logs, PROTOBUF, body("by HTTP")).await.0, 200);
        let json = json!({"resourceLogs": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeLogs": [{"logRecords": [{"timeUnixNano": TODAY.to_string(), "body": {"stringValue": "in JSON"}}]}],
        }]});
        let (status, said) = post(&logs, "application/json", json.to_string().into()).await;
        assert_eq!((status, said.as_slice()), (200, &b"{}"[..]));
        let mut texts = found(&backend, "service=shop").await;
        texts.sort();
        assert_eq!(texts, ["by HTTP", "by gRPC", "in JSON"]);
        for (protocol, number) in [("otlp_grpc", 1), ("otlp_http", 2)] {
            let name = format!("otel_backend_log_records_stored_total{{protocol=\"{protocol}\"}}");
            assert_eq!(metric(&backend, &name).await, number);
        }
    }
}

#[tokio::test]
async fn a_record_is_answered_whole() {
    let backend = Backend::in_memory();
    let whole = LogRecord {
        observed_time_unix_nano: 7,
        severity_text: "warn".to_owned(),
        attributes: vec![
            KeyValue {
                key: "n".to_owned(),
                value: Some(AnyValue {
                    value: Some(AnyValueKind::IntValue(3)),
                }),
                ..KeyValue::default()
            };
            2
        ],
        dropped_attributes_count: 1,
        flags: 1,
        event_name: "paid".to_owned(),
        ..record(5, 13, "it is paid")
    };
    send(&backend, "shop", vec![whole]).await;
    let answer = get_json(&backend.ui("/api/logs")).await;
    let attribute = json!({"key": "n", "value": {"intValue": "3"}});
    assert_eq!(
        answer,
        json!({"logs": [{
            "service": "shop", "severity": "WARN", "text": "it is paid",
            "timeUnixNano": "5", "observedTimeUnixNano": "7",
            "severityNumber": 13, "severityText": "warn",
            "body": {"stringValue": "it is paid"},
            "attributes": [attribute, attribute], "droppedAttributesCount": 1, "flags": 1,
            "traceId": "a1".repeat(16), "spanId": "b2".repeat(8), "eventName": "paid",
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scope": {},
        }]})
    );
    let services = get_json(&backend.ui("/api/logs/services")).await;
    assert_eq!(services, json!({"services": ["shop"]}));
}

#[tokio::test]
async fn records_that_are_strange_stay_what_they_are() {
    let backend = Backend::in_memory();
    let strange = LogRecord {
        severity_number: 99,
        trace_id: vec![1; 5],
        span_id: vec![0; 8],
        ..record(0, 0, "no time")
    };
    send(&backend, "shop", vec![strange, LogRecord::default()]).await;
    let answer = get_json(&backend.ui("/api/logs?severity=99")).await;
    let log = &answer["logs"][0];
    assert_eq!(log["severityNumber"], 99);
    assert!(log["traceId"].is_null() && log["spanId"].is_null() && log["timeUnixNano"].is_null());
    // The first observer of a record sets its time.
    let observed: u64 = log["observedTimeUnixNano"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(observed > 1_700_000_000_000_000_000);
    assert_eq!(found(&backend, "").await.len(), 2);
}

#[tokio::test]
async fn records_are_found_by_each_condition() {
    let backend = Backend::in_memory();
    let other = LogRecord {
        trace_id: vec![0xc3; 16],
        span_id: vec![],
        ..record(30, 17, "Connection REFUSED by db")
    };
    send(
        &backend,
        "shop",
        vec![record(10, 5, "begin"), record(20, 9, "going on"), other],
    )
    .await;
    send(&backend, "bank", vec![record(40, 13, "slow")]).await;
    let trace = "a1".repeat(16);
    for (question, expected) in [
        (
            "",
            vec!["slow", "Connection REFUSED by db", "going on", "begin"],
        ),
        ("order=oldest&limit=2", vec!["begin", "going on"]),
        (
            "service=shop&severity=info",
            vec!["Connection REFUSED by db", "going on"],
        ),
        ("service=nobody", vec![]),
        (
            "start=20&end=30",
            vec!["Connection REFUSED by db", "going on"],
        ),
        ("text=refused", vec!["Connection REFUSED by db"]),
        ("text=refused%20of", vec![]),
        ("severity=error", vec!["Connection REFUSED by db"]),
        (
            &format!("traceId={trace}"),
            vec!["slow", "going on", "begin"],
        ),
        ("spanId=b2b2b2b2b2b2b2b2&service=bank", vec!["slow"]),
        ("traceId=c3c3", vec![]),
    ] {
        assert_eq!(found(&backend, question).await, expected, "{question}");
    }
}

#[tokio::test]
async fn an_answer_is_continued_where_it_ended() {
    let backend = Backend::in_memory();
    for batch in 0..3 {
        // Many records with the same time.
        let records =
            (0..5).map(|number| record(10 * (number % 2 + 1), 9, &format!("{batch}-{number}")));
        send(&backend, "shop", records.collect()).await;
    }
    for order in ["newest", "oldest"] {
        let whole = found(&backend, &format!("order={order}")).await;
        assert_eq!(whole.len(), 15);
        for limit in [1, 4, 7, 15] {
            let question = format!("/api/logs?order={order}&limit={limit}");
            let mut pages = Vec::new();
            let mut page = get_json(&backend.ui(&question)).await;
            loop {
                pages.extend(texts(&page));
                let Some(next) = page["next"].as_str() else {
                    break;
                };
                page = get_json(&backend.ui(&format!("{question}&after={next}"))).await;
            }
            assert_eq!(pages, whole, "{order}, {limit} at once");
        }
    }
}

#[tokio::test]
async fn questions_that_are_wrong_are_refused_by_name() {
    let backend = Backend::in_memory();
    for (question, named) in [
        ("limit=0", "limit"),
        ("limit=10001", "limit"),
        ("severity=loud", "severity"),
        ("order=random", "order"),
        ("after=x", "after"),
        ("traceId=zz", "traceId"),
        ("spanId=zz", "spanId"),
        ("start=yesterday", "start"),
        (
            "search=late",
            "there is no parameter \\\"search\\\"; there are service, ",
        ),
        (&format!("text={}", "x".repeat(1001)), "text"),
    ] {
        let (status, body) = get(&backend.ui(&format!("/api/logs?{question}"))).await;
        assert_eq!(status, 400, "{question}");
        assert!(body.contains(named), "{question}: {body}");
    }
    let (status, _, _) = ask(&backend, reqwest::Method::POST, "/api/logs").await;
    assert_eq!(status, 405);
}

#[tokio::test]
async fn what_cannot_be_taken_is_said() {
    let backend = Backend::start(&["--memory", "--limits", "attribute=100,spans=3"]);
    let url = backend.otlp_http("/v1/logs");
    let good = record(1, 9, "good");
    let large = record(1, 9, &"x".repeat(101));
    let body = request("shop", vec![good.clone(), large]).encode_to_vec();
    let (status, answer) = post(&url, PROTOBUF, body).await;
    assert_eq!(status, 200);
    let partial = ExportLogsServiceResponse::decode(answer.as_slice()).unwrap();
    let partial = partial.partial_success.unwrap();
    assert_eq!(partial.rejected_log_records, 1);
    assert_eq!(
        partial.error_message,
        "the body has 101 bytes; the limit is 100"
    );
    assert_eq!(found(&backend, "").await, ["good"]);
    let refused =
        "otel_backend_log_records_refused_total{protocol=\"otlp_http\",reason=\"invalid\"}";
    assert_eq!(metric(&backend, refused).await, 1);

    let many = request("shop", vec![good; 4]).encode_to_vec();
    let (status, said) = post(&url, PROTOBUF, many).await;
    assert_eq!(status, 413);
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(said.contains("more than 3 log records"), "{said}");
    assert_eq!(post(&url, PROTOBUF, b"garbage".to_vec()).await.0, 400);
    assert_eq!(
        post(&url, "application/json", b"{\"resourceSpans\":[]}".to_vec())
            .await
            .0,
        400
    );
    let code = call_packed(&backend.otlp_grpc(), EXPORT, None, b"garbage").await;
    assert_eq!(code, tonic::Code::InvalidArgument);
}

#[tokio::test]
async fn records_survive_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    send(&backend, "shop", vec![record(1, 9, "kept")]).await;
    backend.kill();
    let backend = Backend::in_directory(directory.path());
    assert_eq!(found(&backend, "service=shop&text=KEPT").await, ["kept"]);
}

/// Runs `otel-backend` with these arguments on a directory; returns the lines it printed.
fn shell(directory: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = command(&["--data-dir", directory.to_str().unwrap()]);
    let output = command
        .args(arguments)
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.lines().map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn the_shell_prints_records_while_a_backend_runs() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    let evil = "two\nlines \u{1b}[31m";
    let all = vec![
        record(10, 9, "begin"),
        record(20, 17, evil),
        record(30, 9, "end"),
    ];
    send(&backend, "shop", all).await;
    let from = ["logs", "--from", "1970-01-01T00:00:00Z"];
    let with = |more: &[&'static str]| shell(directory.path(), &[&from[..], more].concat());
    let lines = with(&[]);
    assert_eq!(lines.len(), 3);
    assert!(
        lines[0].starts_with("1970-01-01T00:00:00.000Z  INFO   shop  "),
        "{}",
        lines[0]
    );
    assert!(lines[1].contains("ERROR  shop") && lines[1].contains("two\\nlines \\u{1b}[31m"));
    assert!(lines[2].contains("end"));
    assert_eq!(with(&["--severity", "error"]).len(), 1);
    assert_eq!(with(&["--limit", "1", "--text", "IN"]).len(), 1);
    assert_eq!(with(&["--trace", "c3"]).len(), 0);
    let json: Value = serde_json::from_str(&with(&["--json", "--limit", "1"])[0]).unwrap();
    let record = &json["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
    assert_eq!(record["body"]["stringValue"], "end");
}

#[tokio::test]
async fn records_are_printed_as_they_come() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    let now = || u64::try_from(UNIX_EPOCH.elapsed().unwrap().as_nanos()).unwrap();
    send(&backend, "shop", vec![record(now(), 9, "before")]).await;
    let mut command = command(&["--data-dir", directory.path().to_str().unwrap()]);
    let mut following = command
        .args(["logs", "--follow"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("before"));
    for text in ["first", "second"] {
        send(&backend, "shop", vec![record(now(), 9, text)]).await;
        assert!(lines.next().unwrap().unwrap().contains(text));
    }
    following.kill().unwrap();
    following.wait().unwrap();
}

#[tokio::test]
async fn what_is_exported_can_be_imported() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    let records = (1..=5).map(|number| record(number, 9, &format!("number {number}")));
    send(&backend, "shop", records.collect()).await;
    send(&backend, "bank", vec![record(3, 9, "other")]).await;
    backend.kill();
    let lines = shell(directory.path(), &["export", "--logs", "--service", "shop"]);
    let file = directory.path().join("logs.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let file = file.to_str().unwrap();

    // Once into a directory, once to a backend that uses one.
    let other = tempfile::tempdir().unwrap();
    let report = shell(other.path(), &["import", "--json", file]);
    let report: Value = serde_json::from_str(&report[0]).unwrap();
    assert_eq!(
        (&report["logRecords"], &report["spans"]),
        (&json!(5), &json!(0))
    );
    assert_eq!(shell(other.path(), &["export", "--logs"]), lines);
    let backend = Backend::in_directory(other.path());
    let port = backend
        .address("OTLP HTTP")
        .rsplit_once(':')
        .unwrap()
        .1
        .to_owned();
    shell(other.path(), &["--otlp-http-port", &port, "import", file]);
    assert_eq!(found(&backend, "").await.len(), 10);
}
