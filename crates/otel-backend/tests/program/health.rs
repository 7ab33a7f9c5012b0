//! Tests the program's health answer, metrics and log.

use std::collections::HashMap;

use crate::protocols::{request, span};
use crate::support::{Backend, get, get_json, post};

#[tokio::test]
async fn it_is_ready_and_says_so() {
    let backend = Backend::in_memory();
    let health = get_json(&backend.ui("/health")).await;
    assert_eq!(health, serde_json::json!({"status": "ready"}));
}

/// The samples in a text in the format of Prometheus, which must be well formed.
fn samples(text: &str) -> HashMap<String, f64> {
    let mut known = Vec::new();
    let mut samples = HashMap::new();
    let body = text.strip_suffix("# EOF\n").unwrap();
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let (kind, rest) = comment.split_once(' ').unwrap();
            assert!(["HELP", "TYPE", "UNIT"].contains(&kind), "{line}");
            known.push(rest.split(' ').next().unwrap().to_owned());
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').unwrap();
        assert!(
            known.iter().any(|name| sample.starts_with(name.as_str())),
            "{line}"
        );
        let fresh = samples
            .insert(sample.to_owned(), value.parse().unwrap())
            .is_none();
        assert!(fresh, "twice: {line}");
    }
    samples
}

#[tokio::test]
async fn spans_are_counted_by_protocol_and_reason() {
    let directory = tempfile::tempdir().unwrap();
    let backend = Backend::in_directory(directory.path());
    let url = backend.otlp_http("/v1/traces");
    let mut invalid = span();
    invalid.trace_id.clear();
    let body = request(vec![span(), span(), invalid]);
    let length = f64::from(u32::try_from(body.len()).unwrap());
    assert_eq!(post(&url, "application/x-protobuf", body).await.0, 200);
    assert_eq!(
        post(&url, "application/x-protobuf", b"x".to_vec()).await.0,
        400
    );

    let (status, text) = get(&backend.ui("/metrics")).await;
    assert_eq!(status, 200);
    let samples = samples(&text);
    let value = |name: &str| samples.get(&format!("otel_backend_{name}")).copied();
    let of = "{protocol=\"otlp_http\"}";
    assert_eq!(value(&format!("spans_stored_total{of}")), Some(2.0));
    assert_eq!(
        value(&format!("received_bytes_total{of}")),
        Some(length + 1.0)
    );
    let of = |reason: &str| format!("{{protocol=\"otlp_http\",reason=\"{reason}\"}}");
    assert_eq!(
        value(&format!("spans_refused_total{}", of("invalid"))),
        Some(1.0)
    );
    assert_eq!(
        value(&format!("requests_refused_total{}", of("malformed"))),
        Some(1.0)
    );
    let count = "request_duration_seconds_count{endpoint=\"otlp_http\"}";
    assert_eq!(value(count), Some(2.0));
    let of = "{protocol=\"jaeger_compact\"}";
    assert_eq!(value(&format!("udp_dropped_total{of}")), Some(0.0));
    assert_eq!(value("blocks"), Some(1.0));
    assert_eq!(value("damaged_blocks"), Some(0.0));
    assert_eq!(value("queue_bytes"), Some(0.0));
    assert!(value("disk_bytes").unwrap() > 0.0);
    assert!(value("connections{endpoint=\"ui\"}").unwrap() >= 1.0);
    assert!(samples["process_resident_memory_bytes"] > 1e6);
    assert!(samples["process_open_fds"] > 10.0);
    assert!(samples.contains_key("process_cpu_seconds_total"));
}
