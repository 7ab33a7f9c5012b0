//! Tests metrics: accepted, counted and dropped, or refused on request.

use serde_json::{Value, json};
use test_kit::Backend;
use tonic::Code;

use crate::limits::metric;
use crate::protocols::{call, call_packed};
use crate::support::post;

const EXPORT: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

const WARNING: &str = "otel-backend keeps no metrics: set OTEL_METRICS_EXPORTER=none";

/// A gauge of the service `shop` with two data points.
const GAUGE: &[u8] =
    b"\n&\n\x18\n\x16\n\x0cservice.name\x12\x06\n\x04shop\x12\n\x12\x08*\x06\n\x00\n\x02\x18\x01";

async fn dropped(backend: &Backend, protocol: &str) -> u64 {
    let name = format!("otel_backend_metric_points_dropped_total{{protocol=\"{protocol}\"}}");
    metric(backend, &name).await
}

#[tokio::test]
async fn metrics_are_taken_counted_and_dropped_with_a_warning() {
    let backend = Backend::in_memory();
    let answer = call(backend.otlp_grpc(), EXPORT, GAUGE.to_vec(), None).await;
    let answer = answer.unwrap();
    assert!(answer.ends_with(WARNING.as_bytes()), "{answer:?}");
    assert_eq!(dropped(&backend, "otlp_grpc").await, 2);

    let url = backend.otlp_http("/v1/metrics");
    let answer = post(&url, "application/x-protobuf", GAUGE.to_vec()).await;
    assert_eq!(answer.0, 200);
    assert!(answer.1.ends_with(WARNING.as_bytes()));
    let sum = json!({"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        {"name": "orders", "sum": {"dataPoints": [{"asInt": "1"}]}}]}]}]});
    let (status, answer) = post(&url, "application/json", sum.to_string().into()).await;
    assert_eq!(status, 200);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let expected = json!({"rejectedDataPoints": "0", "errorMessage": WARNING});
    assert_eq!(answer["partialSuccess"], expected);
    assert_eq!(dropped(&backend, "otlp_http").await, 3);
}

#[tokio::test]
async fn what_is_not_metrics_is_refused() {
    let backend = Backend::in_memory();
    let url = backend.otlp_http("/v1/metrics");
    for (content_type, body, expected) in [
        ("application/x-protobuf", "garbage", 400),
        ("application/json", "garbage", 400),
        ("text/plain", "", 415),
    ] {
        let (status, _) = post(&url, content_type, body.into()).await;
        assert_eq!(status, expected, "{content_type}");
    }
    let code = call_packed(&backend.otlp_grpc(), EXPORT, None, b"garbage").await;
    assert_eq!(code, Code::InvalidArgument);
    let small = Backend::start(&["--memory", "--limits", "body=10"]);
    let url = small.otlp_http("/v1/metrics");
    assert_eq!(post(&url, "application/json", vec![b' '; 11]).await.0, 413);
}

#[tokio::test]
async fn metrics_are_refused_if_that_is_wanted() {
    let backend = Backend::start(&["--memory", "--refuse-metrics"]);
    let url = backend.otlp_http("/v1/metrics");
    let (status, said) = post(&url, "application/x-protobuf", GAUGE.to_vec()).await;
    assert_eq!(status, 404);
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("OTEL_METRICS_EXPORTER=none"), "{said}");
    let code = call_packed(&backend.otlp_grpc(), EXPORT, None, GAUGE).await;
    assert_eq!(code, Code::Unimplemented);
}
