//! jaeger.thrift: the structs, and their binary and compact encodings.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/blob/main/thrift/jaeger.thrift>

pub mod binary;
pub mod compact;

mod decode;
mod encode;
mod input;
mod message;
mod output;
mod skip;

use std::borrow::Cow;

use crate::{Process, SpanRef, Tag};

/// A process and the spans it emitted: what one HTTP body or one datagram carries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch<'a> {
    /// Who emitted the spans.
    pub process: Process<'a>,
    /// The spans.
    pub spans: Vec<Span<'a>>,
}

/// One span. Times are microseconds since the Unix epoch.
///
/// Its lists are vectors. One that is only encoded can have in their place what makes the items
/// while they are written: see [`References`](crate::References), [`Tags`](crate::Tags) and
/// [`Logs`](crate::Logs).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span<'a, R = Vec<SpanRef>, T = Vec<Tag<'a>>, L = Vec<Log<'a>>> {
    /// The trace. Big-endian; on the wire two signed 64-bit halves.
    pub trace_id: [u8; 16],
    /// The span.
    pub span_id: [u8; 8],
    /// The parent, all zero where there is none.
    pub parent_span_id: [u8; 8],
    /// The span's name.
    pub operation_name: Cow<'a, str>,
    /// References other than the parent (Jaeger accepts the parent here too).
    pub references: R,
    /// Bits: 1 sampled, 2 debug, 8 firehose.
    pub flags: i32,
    /// Start, in microseconds since the Unix epoch.
    pub start_time: i64,
    /// Duration in microseconds.
    pub duration: i64,
    /// Attributes.
    pub tags: T,
    /// Events.
    pub logs: L,
}

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Log<'a> {
    /// When, in microseconds since the Unix epoch.
    pub timestamp: i64,
    /// What.
    pub fields: Vec<Tag<'a>>,
}
