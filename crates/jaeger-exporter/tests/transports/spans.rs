//! Test spans, and exporters to send them.

use std::borrow::Cow;
use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use futures_executor::block_on;
use jaeger_exporter::SpanExporter;
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    SdkTracerProvider, SpanData, SpanEvents, SpanExporter as _, SpanLinks,
};

/// The service of all test spans.
pub(crate) const SERVICE: &str = "shop";

/// Well below the time limit of an export, and long enough for a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(5);

/// A span with the id `id` and every kind of content.
pub(crate) fn span(name: &'static str, id: u64) -> SpanData {
    let start_time = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
    let mut events = SpanEvents::default();
    events.events.push(Event::new(
        "cache miss",
        start_time + Duration::from_nanos(1_500),
        vec![KeyValue::new("key", "cart")],
        0,
    ));
    let mut links = SpanLinks::default();
    links.links.push(Link::new(context(77), Vec::new(), 0));
    SpanData {
        span_context: context(id),
        parent_span_id: SpanId::from(9),
        parent_span_is_remote: false,
        span_kind: SpanKind::Client,
        name: Cow::Borrowed(name),
        start_time,
        end_time: start_time + Duration::from_nanos(2_999),
        attributes: vec![KeyValue::new("items", 3), KeyValue::new("paid", true)],
        dropped_attributes_count: 0,
        events,
        links,
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("till")
            .with_version("1.2")
            .build(),
    }
}

/// `count` spans, numbered from 1.
pub(crate) fn batch(count: u64) -> Vec<SpanData> {
    (1..=count).map(|id| span("pay", id)).collect()
}

fn context(id: u64) -> SpanContext {
    let trace = TraceId::from(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
    SpanContext::new(
        trace,
        SpanId::from(id),
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    )
}

pub(crate) fn resource() -> Resource {
    Resource::builder_empty()
        .with_service_name(SERVICE)
        .with_attribute(KeyValue::new("host.name", "till-1"))
        .build()
}

/// A provider that exports from the SDK's own thread.
pub(crate) fn provider(exporter: SpanExporter) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_resource(resource())
        .with_batch_exporter(exporter)
        .build()
}

/// Exports without an SDK and without a runtime; returns the error as text.
pub(crate) fn export(exporter: &SpanExporter, batch: Vec<SpanData>) -> Result<(), String> {
    block_on(exporter.export(batch)).map_err(|error| error.to_string())
}

/// The error when two spans were not delivered to `url`.
pub(crate) fn lost(url: &str, cause: &str) -> Result<(), String> {
    Err(format!(
        "Operation failed: 2 of 2 spans not delivered to {url}: {cause}"
    ))
}

/// The counts of an exporter: exported, retried, dropped, failed.
pub(crate) fn counts(exporter: &SpanExporter) -> [u64; 4] {
    let stats = exporter.stats();
    [
        stats.exported(),
        stats.retried(),
        stats.dropped(),
        stats.failed(),
    ]
}

/// A port on which nothing listens.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
