//! Tests that log records go where `OTEL_LOGS_EXPORTER` says, with the ids of their span.

use crate::program::{program, run};
use crate::receiver::{Answer, Receiver};

#[tokio::test]
async fn the_console_prints_log_records_with_the_ids_of_their_span() {
    let ended = run(program("spans", &[])
        .env("OTEL_TRACES_EXPORTER", "console")
        .env("OTEL_LOGS_EXPORTER", "console"))
    .await;
    let mut objects = serde_json::Deserializer::from_str(&ended.stdout).into_iter();
    let mut next = || -> serde_json::Value { objects.next().unwrap().unwrap() };
    // The record comes first, since it is written while its span is open.
    let (record, span) = (next(), next());

    assert_eq!(span["name"], "client-server");
    assert_eq!(record["trace_id"], span["context"]["trace_id"]);
    assert_eq!(record["span_id"], span["context"]["span_id"]);
    let mut keys = record.as_object().unwrap().keys();
    let expected = [
        ("body", "\"work\""),
        ("severity_number", "\"<SeverityNumber.INFO: 9>\""),
        ("severity_text", "\"INFO\""),
        ("attributes", "{}"),
    ];
    for (key, value) in expected {
        assert_eq!(
            (keys.next().unwrap().as_str(), record[key].to_string()),
            (key, value.to_owned())
        );
    }
    let rest: Vec<_> = keys.collect();
    assert_eq!(
        rest,
        [
            "timestamp",
            "trace_id",
            "span_id",
            "trace_flags",
            "resource"
        ]
    );
    assert_eq!(record["trace_flags"], 1);
    assert_eq!(record["resource"]["service.name"], "test");
}

#[tokio::test]
async fn otlp_carries_log_records_in_every_encoding() {
    for protocol in ["http/protobuf", "http/json"] {
        let receiver = Receiver::http(Answer::Accept).await;
        let endpoint = format!("http://{}", receiver.address);
        let ended = run(program("spans", &[])
            .env("OTEL_TRACES_EXPORTER", "none")
            .env("OTEL_LOGS_EXPORTER", "otlp")
            .env("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", protocol)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint))
        .await;

        let requests = receiver.requests();
        let [record] = requests[0].logs.as_slice() else {
            panic!("{requests:?}");
        };
        assert_eq!(record.severity_text, "INFO");
        assert_ne!(record.span_id, [0; 8]);
        assert_eq!(record.span_id.len(), 8);
        let report =
            format!("otel-auto: 1 log record sent to {endpoint}/v1/logs: 1 acknowledged, 0 lost\n");
        assert!(ended.stderr.ends_with(&report), "{}", ended.stderr);
    }
}

/// otel-backend stores the records of the bridge under the span in which they were written.
#[tokio::test]
async fn log_records_arrive_in_otel_backend_under_their_span() {
    for (protocol, port) in [
        ("grpc", "OTLP gRPC"),
        ("http/protobuf", "OTLP HTTP"),
        ("http/json", "OTLP HTTP"),
    ] {
        let backend = test_kit::Backend::in_memory();
        let ended = run(program("spans", &[])
            .env("OTEL_TRACES_EXPORTER", "otlp")
            .env("OTEL_LOGS_EXPORTER", "otlp")
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", backend.url(port, "")))
        .await;
        assert!(
            ended.stderr.contains("1 log record sent"),
            "{}",
            ended.stderr
        );
        let get = async |path: &str| -> serde_json::Value {
            let answer = reqwest::get(backend.ui(path)).await.unwrap();
            serde_json::from_str(&answer.text().await.unwrap()).unwrap()
        };
        let answer = get("/api/logs").await;
        let [record] = answer["logs"].as_array().unwrap().as_slice() else {
            panic!("{protocol}: {answer}");
        };
        assert_eq!(record["text"], "work");
        assert_eq!(record["severityNumber"], 9);
        assert_eq!(record["severityText"], "INFO");
        assert_eq!(record["service"], "test");
        let id = record["traceId"].as_str().unwrap();
        let trace = get(&format!("/api/traces/{id}")).await;
        let spans = trace["data"][0]["spans"].as_array().unwrap();
        let span = spans
            .iter()
            .find(|span| span["spanID"] == record["spanId"])
            .unwrap();
        assert_eq!(span["operationName"], "client-server", "{protocol}");
    }
}
