//! Decodes Zipkin's spans, versions 1 and 2 in JSON and version 2 in protobuf, to the model.
//! Nothing is written in this format.
//!
//! All of them become a `ZipkinSpan`, which is converted to OTLP as in the OpenTelemetry Collector;
//! what OpenTelemetry's exporters put into tags and annotations is extracted again.
//!
//! Spec: <https://zipkin.io/zipkin-api/>, and for the opposite direction
//! <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/>

mod annotation;
mod json;
mod proto;
mod resource;
mod status;
mod translate;
mod v1;
mod v2;
mod values;

#[cfg(test)]
mod tests;

pub use proto::{LIST_OF_SPANS, decode as decode_protobuf};
pub use v1::decode as decode_v1;
pub use v2::decode as decode_v2;

use crate::model::{Attribute, SpanKind, Text};

/// A span from any of these formats. Times are microseconds.
#[derive(Debug, Default, PartialEq)]
struct ZipkinSpan<'a> {
    trace_id: Text<'a>,
    id: Text<'a>,
    parent_id: Text<'a>,
    name: Text<'a>,
    kind: SpanKind,
    start: Option<u64>,
    duration: u64,
    local: Endpoint<'a>,
    remote: Endpoint<'a>,
    annotations: Vec<(u64, Text<'a>)>,
    tags: Vec<Attribute<'a>>,
    debug: bool,
}

/// One end of a call.
#[derive(Debug, Clone, Default, PartialEq)]
struct Endpoint<'a> {
    service: Text<'a>,
    /// The IPv6 address, or else the IPv4 address, or "".
    ip: Text<'a>,
    port: Option<u16>,
}
