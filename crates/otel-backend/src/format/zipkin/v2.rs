//! Version 2 of Zipkin's JSON.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::ZipkinSpan;
use super::json::{EndpointJson, decode_list, micros};
use super::values::attributes;
use crate::format::Decoded;
use crate::format::json::JsonText;
use crate::model::SpanKind;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span<'a> {
    #[serde(borrow, default)]
    trace_id: JsonText<'a>,
    #[serde(borrow, default)]
    id: JsonText<'a>,
    #[serde(borrow, default)]
    parent_id: JsonText<'a>,
    #[serde(borrow, default)]
    name: JsonText<'a>,
    #[serde(borrow, default)]
    kind: JsonText<'a>,
    timestamp: Option<Json>,
    duration: Option<Json>,
    #[serde(borrow)]
    local_endpoint: Option<EndpointJson<'a>>,
    #[serde(borrow)]
    remote_endpoint: Option<EndpointJson<'a>>,
    #[serde(borrow)]
    annotations: Option<Vec<Annotation<'a>>>,
    tags: Option<Map<String, Json>>,
    debug: Option<bool>,
}

#[derive(Deserialize)]
struct Annotation<'a> {
    timestamp: Option<Json>,
    #[serde(borrow, default)]
    value: JsonText<'a>,
}

/// Decodes a list of version 2 spans. A span that cannot be read is an error of its own.
///
/// # Errors
/// The body is not a JSON list.
pub fn decode(bytes: &[u8]) -> serde_json::Result<Decoded<'_>> {
    decode_list::<Span<'_>>(bytes)
}

impl<'a> From<Span<'a>> for ZipkinSpan<'a> {
    fn from(span: Span<'a>) -> Self {
        let kind = span.kind.to_ascii_lowercase();
        let annotations = span.annotations.into_iter().flatten();
        let annotation = |annotation: Annotation<'a>| {
            let time = micros(annotation.timestamp).unwrap_or_default();
            (time, annotation.value.0)
        };
        Self {
            trace_id: span.trace_id.0,
            id: span.id.0,
            parent_id: span.parent_id.0,
            name: span.name.0,
            kind: SpanKind::from_name(&kind).unwrap_or_default(),
            start: micros(span.timestamp),
            duration: micros(span.duration).unwrap_or_default(),
            local: span.local_endpoint.map(Into::into).unwrap_or_default(),
            remote: span.remote_endpoint.map(Into::into).unwrap_or_default(),
            annotations: annotations.map(annotation).collect(),
            tags: span.tags.map(attributes).unwrap_or_default(),
            debug: span.debug.unwrap_or_default(),
        }
    }
}
