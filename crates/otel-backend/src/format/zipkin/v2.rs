//! Version 2 of Zipkin's JSON.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Number, Value as Json};

use super::ZipkinSpan;
use super::json::{EndpointJson, attributes, decode_list, micros};
use crate::format::Decoded;
use crate::model::SpanKind;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span<'a> {
    #[serde(borrow)]
    trace_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    parent_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    timestamp: Option<Number>,
    duration: Option<Number>,
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
    timestamp: Option<Number>,
    #[serde(borrow)]
    value: Option<Cow<'a, str>>,
}

/// Reads a list of spans of version 2. A span that cannot be read is an error of its own.
///
/// # Errors
/// The body is not a list in JSON.
pub fn decode(bytes: &[u8]) -> serde_json::Result<Decoded<'_>> {
    decode_list(bytes, |json| {
        Ok(serde_json::from_str::<Span<'_>>(json)?.into())
    })
}

impl<'a> From<Span<'a>> for ZipkinSpan<'a> {
    fn from(span: Span<'a>) -> Self {
        let kind = span.kind.unwrap_or_default().to_ascii_lowercase();
        let annotations = span.annotations.into_iter().flatten();
        let annotation = |annotation: Annotation<'a>| {
            let time = micros(annotation.timestamp).unwrap_or_default();
            (time, annotation.value.unwrap_or_default())
        };
        Self {
            trace_id: span.trace_id.unwrap_or_default(),
            id: span.id.unwrap_or_default(),
            parent_id: span.parent_id.unwrap_or_default(),
            name: span.name.unwrap_or_default(),
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
