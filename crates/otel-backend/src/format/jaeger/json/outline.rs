//! Outlines of spans: the fields that a timeline draws, so that the page can show a large trace before
//! it has read all of it. They take about three tenths of the bytes.

use jaeger_wire::{SpanRef, Tag};
use serde::Serialize;

use super::fields::{Detail, LogJson, Micros, process_id, references, short_id, tags};
use crate::format::jaeger::encode::{self as translate, Order};
use crate::model::{Span, to_hex};

/// The tags that a timeline uses, in addition to those about databases.
const TAGS: [&str; 3] = ["error", "span.kind", "otel.status_description"];

/// The fields of an event that are shown beside a bar.
const FIELDS: [&str; 4] = ["event", "exception.type", "exception.message", "message"];

/// A span with only the fields that are drawn. Empty members are omitted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutlineJson<'a> {
    /// Only with references, which may lead to other traces.
    #[serde(rename = "traceID", skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(rename = "spanID")]
    span_id: String,
    /// Replaces the references if the parent is the only one.
    #[serde(rename = "parentSpanID", skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    operation_name: &'a str,
    #[serde(serialize_with = "references", skip_serializing_if = "Vec::is_empty")]
    references: Vec<SpanRef>,
    start_time: Micros,
    duration: Micros,
    #[serde(serialize_with = "tags", skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logs: Vec<LogJson<'a>>,
    #[serde(rename = "processID")]
    process_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl<'a> OutlineJson<'a> {
    pub(super) fn new(span: &'a Span<'_>, process: usize) -> Self {
        let has_links = !span.links.is_empty();
        let mut tags = translate::tags(span, Order::Sent);
        tags.retain(|tag| TAGS.contains(&&*tag.key) || tag.key.starts_with("db."));
        let events = translate::events(span).into_iter();
        let logs = events.map(|event| {
            let mut log = LogJson::new(event, Detail::Outline);
            log.fields.retain(|field| FIELDS.contains(&&*field.key));
            log
        });
        let parent = span.parent.filter(|_| !has_links);
        Self {
            trace_id: has_links.then(|| short_id(span.trace_id.as_bytes())),
            span_id: to_hex(span.span_id.as_bytes()),
            parent: parent.map(|id| to_hex(id.as_bytes())),
            operation_name: &span.name,
            references: if has_links {
                translate::references(span)
            } else {
                Vec::new()
            },
            start_time: Micros::at(span.start, Detail::Outline),
            duration: Micros::of(span, Detail::Outline),
            tags,
            logs: logs.collect(),
            process_id: process_id(process),
            warnings: translate::warnings(span),
        }
    }
}
