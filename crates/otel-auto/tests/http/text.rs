//! Spans as text.

use std::fmt::Write;

use opentelemetry::Value;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;

/// The span as text, with the ports that differ from run to run left out.
pub(crate) fn show(span: &SpanData) -> String {
    let mut text = format!("{:?} {}", span.span_kind, span.name);
    match &span.status {
        Status::Unset => {}
        Status::Ok => text.push_str(" (ok)"),
        Status::Error { description } => write!(text, " (error {description:?})").unwrap(),
    }
    for attribute in &span.attributes {
        write!(text, "\n  {}: ", attribute.key).unwrap();
        match (attribute.key.as_str(), &attribute.value) {
            ("server.port" | "network.peer.port", Value::I64(_)) => text.push_str("(an integer)"),
            ("url.full", Value::String(url)) => text.push_str(&without_port(url.as_str())),
            (_, Value::String(value)) => write!(text, "{:?}", value.as_str()).unwrap(),
            (_, value) => write!(text, "{value:?}").unwrap(),
        }
    }
    text
}

fn without_port(url: &str) -> String {
    let port = url.parse::<reqwest::Url>().unwrap().port().unwrap();
    format!("{:?}", url.replace(&format!(":{port}"), ":PORT"))
}

/// What the span says of how the request went.
pub(crate) fn errors(span: &SpanData) -> String {
    format!(
        "{:?}; status {}; error {}",
        span.status,
        attribute(span, "http.response.status_code"),
        attribute(span, "error.type")
    )
}

pub(crate) fn attribute(span: &SpanData, key: &str) -> String {
    let found = span.attributes.iter().find(|a| a.key.as_str() == key);
    found.map_or_else(|| "none".to_owned(), |a| a.value.to_string())
}
