//! Spans in the protobuf model: nanoseconds, and the parent as the first reference.

use std::time::{SystemTime, UNIX_EPOCH};

use jaeger_wire::api_v2::{Log, Span};
use jaeger_wire::{RefType, SpanRef, Tag};
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

use super::{Mapping, fields, links};

/// Maps the spans of one batch, one after the other, into the same memory.
pub(crate) struct ProtobufSpans<'a> {
    mapping: Mapping,
    span: Span<'a>,
    /// The field lists of earlier spans' logs, empty, kept for the next ones.
    spare: Vec<Vec<Tag<'a>>>,
}

impl<'a> ProtobufSpans<'a> {
    pub(crate) fn new(mapping: Mapping) -> Self {
        Self {
            mapping,
            span: Span::default(),
            spare: Vec::new(),
        }
    }

    /// `span` in the protobuf model, until the next one is mapped.
    pub(crate) fn map(&mut self, span: &'a SpanData) -> &Span<'a> {
        self.clear();
        let mapped = &mut self.span;
        mapped.trace_id = span.span_context.trace_id().to_bytes();
        mapped.span_id = span.span_context.span_id().to_bytes();
        mapped.operation_name = span.name.as_ref().into();
        mapped.flags = u32::from(span.span_context.is_sampled());
        mapped.start_time = nanos(span.start_time);
        mapped.duration = (nanos(span.end_time) - mapped.start_time).max(0);
        mapped.references.extend(parent(span));
        links(span, &mut mapped.references);
        self.mapping.tags(span, &mut mapped.tags);
        for event in span.events.iter() {
            let mut log = Log {
                timestamp: nanos(event.timestamp),
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

/// The reference to the parent of `span`, if it has one.
fn parent(span: &SpanData) -> Option<SpanRef> {
    (span.parent_span_id != SpanId::INVALID).then(|| SpanRef {
        ref_type: RefType::ChildOf,
        trace_id: span.span_context.trace_id().to_bytes(),
        span_id: span.parent_span_id.to_bytes(),
    })
}

/// Nanoseconds since the Unix epoch.
fn nanos(time: SystemTime) -> i128 {
    let whole = |nanos: u128| i128::try_from(nanos).unwrap_or(i128::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => whole(after.as_nanos()),
        Err(before) => -whole(before.duration().as_nanos()),
    }
}
