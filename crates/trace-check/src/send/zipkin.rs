//! Zipkin's v2 spans as JSON, mapped as in the specification.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/>

use serde_json::{Map, Value as Json, json};

use super::jaeger::as_json;
use crate::model::{Attribute, Code, Event, Kind, Span, Value};

/// Encodes a request with these spans.
pub(super) fn request(spans: &[&Span]) -> Vec<u8> {
    let spans: Vec<_> = spans.iter().map(|it| span(it)).collect();
    Json::from(spans).to_string().into_bytes()
}

fn span(it: &Span) -> Json {
    let trace_id = it.trace_id.to_string();
    // Zipkin's 64-bit ids have 16 digits.
    let short = trace_id.strip_prefix("0000000000000000");
    let mut json = json!({
        "traceId": short.unwrap_or(&trace_id),
        "id": it.span_id.to_string(),
        "name": it.name,
        "timestamp": it.start / 1_000,
        "duration": it.end.saturating_sub(it.start) / 1_000,
        "tags": tags(it),
        "annotations": it.events.iter().map(annotation).collect::<Vec<_>>(),
    });
    if let Some(parent) = it.parent {
        json["parentId"] = json!(parent.to_string());
    }
    if !matches!(it.kind, Kind::Unspecified | Kind::Internal) {
        json["kind"] = json!(it.kind.name());
    }
    let service = it.resource.service();
    if !service.is_empty() {
        json["localEndpoint"] = json!({ "serviceName": service });
    }
    json
}

/// An object, so the last of several attributes with the same key stays.
fn tags(span: &Span) -> Map<String, Json> {
    let mut tags = Map::new();
    let mut put = |key: &str, value: String| tags.insert(key.to_owned(), Json::from(value));
    for attribute in &span.resource.attributes {
        if attribute.key != "service.name" {
            put(&attribute.key, text(attribute));
        }
    }
    // Zipkin takes any tag `error` as a failure.
    for attribute in span.attributes.iter().filter(|a| a.key != "error") {
        put(&attribute.key, text(attribute));
    }
    if !span.scope.name.is_empty() {
        put("otel.scope.name", span.scope.name.clone());
    }
    if !span.scope.version.is_empty() {
        put("otel.scope.version", span.scope.version.clone());
    }
    match span.status.code {
        Code::Unset => {}
        Code::Ok => {
            put("otel.status_code", "OK".to_owned());
        }
        Code::Error => {
            put("otel.status_code", "ERROR".to_owned());
            put("error", span.status.message.clone());
        }
    }
    tags
}

fn annotation(event: &Event) -> Json {
    json!({ "timestamp": event.time / 1_000, "value": event.name })
}

fn text(attribute: &Attribute) -> String {
    match &attribute.value {
        Value::Empty => String::new(),
        Value::String(text) => text.clone(),
        Value::Double(double) if double.is_nan() => "NaN".to_owned(),
        Value::Double(double) if double.is_infinite() => {
            let sign = if *double > 0.0 { "" } else { "-" };
            format!("{sign}Infinity")
        }
        Value::Double(double) => double.to_string(),
        Value::Bytes(_) => as_json(&attribute.value)
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        other => as_json(other).to_string(),
    }
}
