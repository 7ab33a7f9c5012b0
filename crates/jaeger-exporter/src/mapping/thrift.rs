//! Spans in Thrift's model: microseconds, and the parent in a field of its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jaeger_wire::Tag;
use jaeger_wire::thrift::{Log, Span};
use opentelemetry_sdk::trace::SpanData;

use super::{Mapping, fields, links};

/// Maps the spans of one batch, one after the other, into the same memory.
pub(crate) struct ThriftSpans<'a> {
    mapping: Mapping,
    span: Span<'a>,
    /// The field lists of earlier spans' logs, empty, kept for the next ones.
    spare: Vec<Vec<Tag<'a>>>,
}

impl<'a> ThriftSpans<'a> {
    pub(crate) fn new(mapping: Mapping) -> Self {
        Self {
            mapping,
            span: Span::default(),
            spare: Vec::new(),
        }
    }

    /// `span` in Thrift's model, until the next one is mapped.
    pub(crate) fn map(&mut self, span: &'a SpanData) -> &Span<'a> {
        self.clear();
        let mapped = &mut self.span;
        mapped.trace_id = span.span_context.trace_id().to_bytes();
        mapped.span_id = span.span_context.span_id().to_bytes();
        mapped.parent_span_id = span.parent_span_id.to_bytes();
        mapped.operation_name = span.name.as_ref().into();
        mapped.flags = i32::from(span.span_context.is_sampled());
        mapped.start_time = micros(span.start_time);
        mapped.duration = whole_micros(
            span.end_time
                .duration_since(span.start_time)
                .unwrap_or_default(),
        );
        links(span, &mut mapped.references);
        self.mapping.tags(span, &mut mapped.tags);
        for event in span.events.iter() {
            let mut log = Log {
                timestamp: micros(event.timestamp),
                fields: self.spare.pop().unwrap_or_default(),
            };
            fields(event, &mut log.fields);
            mapped.logs.push(log);
        }
        mapped
    }

    fn clear(&mut self) {
        self.span.references.clear();
        self.span.tags.clear();
        for mut log in self.span.logs.drain(..) {
            log.fields.clear();
            self.spare.push(log.fields);
        }
    }
}

/// Microseconds since the Unix epoch, truncated as Jaeger's own clients do.
fn micros(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => whole_micros(after),
        Err(before) => -whole_micros(before.duration()),
    }
}

fn whole_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
