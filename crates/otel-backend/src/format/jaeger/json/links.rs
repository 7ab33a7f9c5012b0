//! An extension of Jaeger's JSON, written on request: the data of links beside their ids.

use jaeger_wire::Tag;
use serde::Serialize;

use super::fields::{short_id, tags};
use crate::format::jaeger::encode::tag;
use crate::model::{Link, Span, to_hex};

/// A link with its attributes and its trace state.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkJson<'a> {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    trace_state: &'a str,
    #[serde(serialize_with = "tags")]
    attributes: Vec<Tag<'a>>,
}

/// The links that have data beside their ids.
pub(super) fn of<'a>(span: &'a Span<'_>) -> Vec<LinkJson<'a>> {
    span.links.iter().filter_map(link).collect()
}

fn link<'a>(link: &'a Link<'_>) -> Option<LinkJson<'a>> {
    let (trace_id, span_id) = (link.trace_id?, link.span_id?);
    let says_more = !link.attributes.is_empty() || !link.trace_state.is_empty();
    says_more.then(|| LinkJson {
        trace_id: short_id(trace_id.as_bytes()),
        span_id: to_hex(span_id.as_bytes()),
        trace_state: &link.trace_state,
        attributes: link.attributes.iter().map(tag).collect(),
    })
}
