//! OTLP traces, in protobuf and in JSON: from bytes to [`Span`]s and back.
//!
//! The same protobuf bytes arrive from exporters and lie in the store, so one reader and one writer serve
//! both. They are written by hand rather than generated because a received span is read in place:
//! no text is copied, a span that cannot be read does not spoil its neighbours, and nothing is
//! decoded twice. The generated messages of `opentelemetry-proto` check both in the tests.
//!
//! `ExportTraceServiceRequest` and `TracesData` have the same bytes: field 1 holds `ResourceSpans`.
//!
//! Spec: <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto>

mod answer;
mod decode;
mod encode;
mod fields;
mod groups;
mod json;
mod wire;

#[cfg(test)]
mod tests;

use crate::model::{InvalidSpan, Span};

pub use answer::{Encoding, export_response, status};
pub use decode::{decode_groups, decode_traces, peek_span};
pub use encode::{encode_resource, encode_scope, encode_span};
pub use groups::{Group, GroupHead, groups, write_groups};
pub use json::{TracesJson, decode_json, decode_json_lines};
pub use wire::Malformed;

/// What became of the spans of a request.
#[derive(Debug, Default)]
pub struct Decoded<'a> {
    /// The valid ones, in the order sent.
    pub spans: Vec<Span<'a>>,
    /// The others.
    pub rejected: Rejected,
}

/// Spans that were rejected.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rejected {
    /// How many.
    pub count: usize,
    /// Why the first of them was.
    pub reason: Option<InvalidSpan>,
}

impl Rejected {
    /// Counts one more.
    pub fn add(&mut self, reason: InvalidSpan) {
        self.count += 1;
        self.reason.get_or_insert(reason);
    }

    /// Why the first of them was, as text; "" if there is none.
    pub fn reason(&self) -> String {
        self.reason
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    }
}
