//! Checks that encoding allocates nothing but the buffer.
//!
//! A program of its own, since allocations are counted for the whole process.

use std::alloc::System;
use std::time::SystemTime;

use jaeger_exporter::Encoder;
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn encoding_into_a_warm_buffer_allocates_nothing() {
    let encoder = Encoder::new(&Resource::builder_empty().with_service_name("shop").build());
    let spans: Vec<_> = (1..=1000).map(span).collect();
    for encode in [Encoder::thrift_binary, Encoder::protobuf] {
        let mut out = Vec::new();
        let mut allocations = || {
            out.clear();
            let region = Region::new(ALLOCATOR);
            encode(&encoder, &spans, &mut out);
            let change = region.change();
            change.allocations + change.reallocations
        };
        // The buffer grows, so the count works.
        assert!(allocations() > 0);
        assert_eq!(allocations(), 0);
    }
}

fn span(id: u64) -> SpanData {
    let context = |id| {
        let (trace, span) = (TraceId::from(7), SpanId::from(id));
        SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE)
    };
    let mut events = SpanEvents::default();
    for name in ["first", "second"] {
        events.events.push(Event::new(
            name,
            SystemTime::now(),
            vec![KeyValue::new("k", 1)],
            0,
        ));
    }
    let mut links = SpanLinks::default();
    links.links.push(Link::with_context(context(9)));
    SpanData {
        span_context: context(id),
        parent_span_id: SpanId::from(8),
        parent_span_is_remote: false,
        span_kind: SpanKind::Server,
        name: format!("request {id}").into(),
        start_time: SystemTime::now(),
        end_time: SystemTime::now(),
        attributes: vec![
            KeyValue::new("text", "x".repeat(100)),
            KeyValue::new("number", 1),
            KeyValue::new("ratio", 0.5),
            KeyValue::new("flag", true),
        ],
        dropped_attributes_count: 1,
        events,
        links,
        status: Status::error("refused"),
        instrumentation_scope: InstrumentationScope::builder("till")
            .with_version("1")
            .build(),
    }
}
