//! Version 1 of Zipkin's JSON, in which annotations define kind, times and endpoints.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::Value as Json;

use super::json::{EndpointJson, decode_list, micros};
use super::values::value;
use super::{Endpoint, ZipkinSpan};
use crate::format::Decoded;
use crate::format::json::JsonText;
use crate::model::{Attribute, SpanKind, Text, Value};

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
    timestamp: Option<Json>,
    duration: Option<Json>,
    #[serde(borrow)]
    annotations: Option<Vec<Annotation<'a>>>,
    #[serde(borrow)]
    binary_annotations: Option<Vec<BinaryAnnotation<'a>>>,
    debug: Option<bool>,
}

#[derive(Deserialize)]
struct Annotation<'a> {
    timestamp: Option<Json>,
    #[serde(borrow, default)]
    value: JsonText<'a>,
    #[serde(borrow)]
    endpoint: Option<EndpointJson<'a>>,
}

#[derive(Deserialize)]
struct BinaryAnnotation<'a> {
    #[serde(borrow, default)]
    key: JsonText<'a>,
    value: Option<Json>,
    #[serde(rename = "type", borrow, default)]
    kind: JsonText<'a>,
    #[serde(borrow)]
    endpoint: Option<EndpointJson<'a>>,
}

/// Decodes a list of version 1 spans. A span that cannot be read is an error of its own.
///
/// # Errors
/// The body is not a JSON list.
pub fn decode(bytes: &[u8]) -> serde_json::Result<Decoded<'_>> {
    decode_list::<Span<'_>>(bytes)
}

impl<'a> From<Span<'a>> for ZipkinSpan<'a> {
    fn from(span: Span<'a>) -> Self {
        let mut read = Self {
            trace_id: span.trace_id.0,
            id: span.id.0,
            parent_id: span.parent_id.0,
            name: span.name.0,
            debug: span.debug.unwrap_or_default(),
            ..Self::default()
        };
        let (mut first, mut last) = (None, None);
        for annotation in span.annotations.into_iter().flatten() {
            if let Some(time) = micros(annotation.timestamp.clone()) {
                first = Some(first.map_or(time, |first: u64| first.min(time)));
                last = last.max(Some(time));
            }
            read.annotate(annotation);
        }
        for annotation in span.binary_annotations.into_iter().flatten() {
            read.tag(annotation);
        }
        read.start = micros(span.timestamp).or(first);
        read.duration = micros(span.duration).unwrap_or_else(|| {
            let (start, end) = (read.start.unwrap_or_default(), last.unwrap_or_default());
            end.saturating_sub(start)
        });
        read
    }
}

impl<'a> ZipkinSpan<'a> {
    fn annotate(&mut self, annotation: Annotation<'a>) {
        let text = annotation.value.0;
        let endpoint = annotation.endpoint.map(Endpoint::from).unwrap_or_default();
        let Some(kind) = kind(&text) else {
            self.take_local(endpoint, false);
            let time = micros(annotation.timestamp).unwrap_or_default();
            self.annotations.push((time, text));
            return;
        };
        let is_first = self.kind == SpanKind::Unspecified;
        if is_first {
            self.kind = kind;
        }
        self.take_local(endpoint, is_first);
    }

    /// The local endpoint is that of the annotation for sending or receiving; without one, that of
    /// any other.
    fn take_local(&mut self, endpoint: Endpoint<'a>, for_sure: bool) {
        if !endpoint.service.is_empty() && (for_sure || self.local.service.is_empty()) {
            self.local = endpoint;
        }
    }

    fn tag(&mut self, annotation: BinaryAnnotation<'a>) {
        let endpoint = annotation.endpoint.map(Endpoint::from).unwrap_or_default();
        let key = annotation.key.0;
        match key.as_ref() {
            // The address of the other end: of the server, the client, or the broker.
            "sa" | "ca" | "ma" if is_true(annotation.value.as_ref()) => self.remote = endpoint,
            "lc" => {
                self.take_local(endpoint, false);
                self.tags.push(Attribute {
                    key: Text::Borrowed("component"),
                    value: typed(annotation.value, ""),
                });
            }
            _ => {
                self.take_local(endpoint, false);
                let kind = annotation.kind;
                self.tags.push(Attribute {
                    value: typed(annotation.value, &kind),
                    key,
                });
            }
        }
    }
}

fn kind(annotation: &str) -> Option<SpanKind> {
    match annotation {
        "cs" | "cr" => Some(SpanKind::Client),
        "sr" | "ss" => Some(SpanKind::Server),
        "ms" => Some(SpanKind::Producer),
        "mr" => Some(SpanKind::Consumer),
        _ => None,
    }
}

fn is_true(value: Option<&Json>) -> bool {
    match value {
        Some(Json::Bool(bool)) => *bool,
        Some(Json::String(text)) => text == "true" || text == "\u{1}",
        _ => false,
    }
}

/// A value of the type that its annotation gives; text that is not of that type stays text.
fn typed<'a>(json: Option<Json>, kind: &str) -> Value<'a> {
    let text = match json {
        Some(Json::String(text)) => text,
        other => return value(other.unwrap_or_default()),
    };
    let read = match kind {
        "I16" | "I32" | "I64" => text.parse().ok().map(Value::Int),
        "DOUBLE" => text.parse().ok().map(Value::Double),
        "BOOL" => text.parse().ok().map(Value::Bool),
        "BYTES" => {
            let bytes = BASE64.decode(&text).ok();
            bytes.map(|bytes| Value::Bytes(Cow::Owned(bytes)))
        }
        _ => None,
    };
    read.unwrap_or(Value::String(Cow::Owned(text)))
}
