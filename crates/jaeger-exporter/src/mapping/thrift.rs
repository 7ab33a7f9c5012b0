//! Spans in Thrift's model: times in microseconds, and the parent in a field of its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jaeger_wire::thrift::Span;
use jaeger_wire::{Logs, References, SpanRef};
use opentelemetry_sdk::trace::SpanData;

use super::{Fields, Mapping, SpanTags, links};

/// A span of the SDK in Thrift's model.
pub(crate) type ThriftSpan<'a> = Span<'a, ThriftReferences<'a>, SpanTags<'a>, ThriftLogs<'a>>;

impl Mapping {
    /// Presents `span` in Thrift's model. Its lists are made when they are written.
    pub(crate) fn thrift(self, span: &SpanData) -> ThriftSpan<'_> {
        let duration = span.end_time.duration_since(span.start_time);
        Span {
            trace_id: span.span_context.trace_id().to_bytes(),
            span_id: span.span_context.span_id().to_bytes(),
            parent_span_id: span.parent_span_id.to_bytes(),
            operation_name: span.name.as_ref().into(),
            references: ThriftReferences(span),
            flags: i32::from(span.span_context.is_sampled()),
            start_time: micros(span.start_time),
            duration: whole_micros(duration.unwrap_or_default()),
            tags: self.tags(span),
            logs: ThriftLogs(span),
        }
    }
}

/// The links of a span.
#[derive(Debug)]
pub(crate) struct ThriftReferences<'a>(&'a SpanData);

impl References for ThriftReferences<'_> {
    fn for_each(&self, each: impl FnMut(&SpanRef)) {
        links(self.0, each);
    }
}

/// The events of a span.
#[derive(Debug)]
pub(crate) struct ThriftLogs<'a>(&'a SpanData);

impl<'a> Logs for ThriftLogs<'a> {
    type Time = i64;
    type Fields = Fields<'a>;

    fn for_each(&self, mut each: impl FnMut(i64, &Fields<'a>)) {
        for event in self.0.events.iter() {
            each(micros(event.timestamp), &Fields(event));
        }
    }
}

/// Microseconds since the Unix epoch, truncated as by Jaeger's own clients.
fn micros(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => whole_micros(after),
        Err(before) => -whole_micros(before.duration()),
    }
}

/// Like [`Duration::as_micros`], but without 128-bit arithmetic.
fn whole_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs())
        .ok()
        .and_then(|seconds| seconds.checked_mul(1_000_000))
        .and_then(|micros| micros.checked_add(duration.subsec_micros().into()))
        .unwrap_or(i64::MAX)
}
