//! The messages of `jaeger.api_v2`: model.proto and collector.proto.
//!
//! IDL: <https://github.com/jaegertracing/jaeger-idl/tree/main/proto/api_v2>

mod decode;
mod encode;
mod input;
mod output;
mod time;

use std::borrow::Cow;

use crate::{Process, SpanRef, Tag};

pub use decode::decode_post_spans;
pub use encode::{begin_post_spans, encode_post_spans, encode_process, encode_span};

/// The gRPC method that takes a `PostSpansRequest`; its answer is an empty message.
pub const POST_SPANS: &str = "/jaeger.api_v2.CollectorService/PostSpans";

/// Spans, and the process of those that name none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch<'a> {
    /// The spans.
    pub spans: Vec<Span<'a>>,
    /// The process of each span that does not have one of its own.
    pub process: Option<Process<'a>>,
}

/// One span. Times are nanoseconds.
///
/// The lists of a decoded span are vectors. A span that is only encoded can generate their items
/// while they are written: see [`References`](crate::References), [`Tags`](crate::Tags) and
/// [`Logs`](crate::Logs).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span<'a, R = Vec<SpanRef>, T = Vec<Tag<'a>>, L = Vec<Log<'a>>> {
    /// The trace id, big-endian. Eight bytes on the wire are read as the low half.
    pub trace_id: [u8; 16],
    /// The span id.
    pub span_id: [u8; 8],
    /// The span's name.
    pub operation_name: Cow<'a, str>,
    /// References; a parent is the first `CHILD_OF`.
    pub references: R,
    /// Bits: 1 sampled, 2 debug, 8 firehose.
    pub flags: u32,
    /// Start, in nanoseconds since the Unix epoch.
    pub start_time: i128,
    /// Duration in nanoseconds.
    pub duration: i128,
    /// Attributes.
    pub tags: T,
    /// Events.
    pub logs: L,
    /// The process, if it differs from the batch's.
    pub process: Option<Process<'a>>,
    /// The key of the process in a stored trace.
    pub process_id: Cow<'a, str>,
    /// Warnings that a backend added.
    pub warnings: Vec<Cow<'a, str>>,
}

/// An event of a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Log<'a> {
    /// The time, in nanoseconds since the Unix epoch.
    pub timestamp: i128,
    /// The content of the event.
    pub fields: Vec<Tag<'a>>,
}
