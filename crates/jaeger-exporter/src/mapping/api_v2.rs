//! Spans in the protobuf model: times in nanoseconds, and the parent as the first reference.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use jaeger_wire::api_v2::Span;
use jaeger_wire::{Logs, RefType, References, SpanRef};
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

use super::{Fields, Mapping, SpanTags, links};

/// A span of the SDK in the protobuf model.
pub(crate) type ProtobufSpan<'a> = Span<'a, ProtobufReferences<'a>, SpanTags<'a>, ProtobufLogs<'a>>;

impl Mapping {
    /// Presents `span` in the protobuf model. Its lists are made when they are written.
    pub(crate) fn protobuf(self, span: &SpanData) -> ProtobufSpan<'_> {
        let start_time = nanos(span.start_time);
        Span {
            trace_id: span.span_context.trace_id().to_bytes(),
            span_id: span.span_context.span_id().to_bytes(),
            operation_name: span.name.as_ref().into(),
            references: ProtobufReferences(span),
            flags: u32::from(span.span_context.is_sampled()),
            start_time,
            duration: (nanos(span.end_time) - start_time).max(0),
            tags: self.tags(span),
            logs: ProtobufLogs(span),
            process: None,
            process_id: Cow::Borrowed(""),
            warnings: Vec::new(),
        }
    }
}

/// The parent of a span, if there is one, and its links.
#[derive(Debug)]
pub(crate) struct ProtobufReferences<'a>(&'a SpanData);

impl References for ProtobufReferences<'_> {
    fn for_each(&self, mut each: impl FnMut(&SpanRef)) {
        let span = self.0;
        if span.parent_span_id != SpanId::INVALID {
            each(&SpanRef {
                ref_type: RefType::ChildOf,
                trace_id: span.span_context.trace_id().to_bytes(),
                span_id: span.parent_span_id.to_bytes(),
            });
        }
        links(span, each);
    }
}

/// The events of a span.
#[derive(Debug)]
pub(crate) struct ProtobufLogs<'a>(&'a SpanData);

impl<'a> Logs for ProtobufLogs<'a> {
    type Time = i128;
    type Fields = Fields<'a>;

    fn for_each(&self, mut each: impl FnMut(i128, &Fields<'a>)) {
        for event in self.0.events.iter() {
            each(nanos(event.timestamp), &Fields(event));
        }
    }
}

/// Nanoseconds since the Unix epoch.
fn nanos(time: SystemTime) -> i128 {
    let whole = |nanos: u128| i128::try_from(nanos).unwrap_or(i128::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => whole(after.as_nanos()),
        Err(before) => -whole(before.duration().as_nanos()),
    }
}
