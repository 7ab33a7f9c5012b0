//! The structs of jaeger.thrift, with their binary and compact encodings.
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

/// A process and its spans: the content of one HTTP body or one datagram.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch<'a> {
    /// The process that emitted the spans.
    pub process: Process<'a>,
    /// The spans.
    pub spans: Vec<Span<'a>>,
}

/// One span. Times are microseconds since the Unix epoch.
///
/// The lists of a decoded span are vectors. A span that is only encoded can generate their items
/// while they are written: see [`References`](crate::References), [`Tags`](crate::Tags) and
/// [`Logs`](crate::Logs).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span<'a, R = Vec<SpanRef>, T = Vec<Tag<'a>>, L = Vec<Log<'a>>> {
    /// The trace id, big-endian; on the wire it is two signed 64-bit halves.
    pub trace_id: [u8; 16],
    /// The span id.
    pub span_id: [u8; 8],
    /// The parent's id; zero if there is none.
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

/// An event of a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Log<'a> {
    /// The time, in microseconds since the Unix epoch.
    pub timestamp: i64,
    /// The content of the event.
    pub fields: Vec<Tag<'a>>,
}
