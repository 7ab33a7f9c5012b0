//! The spans of one test, separated from those of others, and their text form.

use std::fmt::Write;
use std::sync::OnceLock;

use opentelemetry::trace::{
    FutureExt, SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
    TracerProvider,
};
use opentelemetry::{Context, Value, global};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    IdGenerator, InMemorySpanExporter, RandomIdGenerator, SdkTracerProvider, SpanData,
};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// A trace for one test.
pub(crate) struct Trace {
    pub(crate) id: TraceId,
}

impl Trace {
    pub(crate) fn new() -> Self {
        exporter();
        let id = RandomIdGenerator::default().new_trace_id();
        Self { id }
    }

    /// Runs `request` in this trace.
    pub(crate) async fn run<T>(&self, request: impl Future<Output = T>) -> T {
        let parent = SpanContext::new(
            self.id,
            SpanId::from(1),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        );
        let context = Context::new().with_remote_span_context(parent);
        request.with_context(context).await
    }

    /// The finished spans of this trace.
    pub(crate) fn finished(&self) -> Vec<SpanData> {
        let mut spans = exporter().get_finished_spans().unwrap();
        spans.retain(|span| span.span_context.trace_id() == self.id);
        spans
    }
}

/// The client span and the server span; there must be no others.
pub(crate) fn client_and_server(mut spans: Vec<SpanData>) -> (SpanData, SpanData) {
    spans.sort_by_key(|span| span.parent_span_is_remote);
    match <[SpanData; 2]>::try_from(spans) {
        Ok([client, server]) => (client, server),
        Err(spans) => panic!("{} spans: {spans:?}", spans.len()),
    }
}

/// The exporter behind the global provider, which is set once for all tests of a program.
fn exporter() -> &'static InMemorySpanExporter {
    static EXPORTER: OnceLock<InMemorySpanExporter> = OnceLock::new();
    EXPORTER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let of_tests =
            Targets::new().with_targets(["http", "grpc"].map(|t| (t, LevelFilter::INFO)));
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("test"))
            .with_filter(of_tests);
        tracing_subscriber::registry().with(layer).init();
        global::set_tracer_provider(provider);
        global::set_text_map_propagator(TraceContextPropagator::new());
        exporter
    })
}

/// The span as text, without ports, which differ from run to run.
pub(crate) fn show(span: &SpanData) -> String {
    let mut text = format!("{:?} {}", span.span_kind, span.name);
    match &span.status {
        Status::Unset => {}
        Status::Ok => text.push_str(" (ok)"),
        Status::Error { description } => write!(text, " (error {description:?})").unwrap(),
    }
    for attribute in &span.attributes {
        write!(text, "\n  {}: ", attribute.key).unwrap();
        match (attribute.key.as_str(), &attribute.value) {
            ("server.port" | "network.peer.port", Value::I64(_)) => text.push_str("(an integer)"),
            ("url.full", Value::String(url)) => text.push_str(&without_port(url.as_str())),
            (_, Value::String(value)) => write!(text, "{:?}", value.as_str()).unwrap(),
            (_, value) => write!(text, "{value:?}").unwrap(),
        }
    }
    text
}

fn without_port(url: &str) -> String {
    let port = url.parse::<reqwest::Url>().unwrap().port().unwrap();
    format!("{:?}", url.replace(&format!(":{port}"), ":PORT"))
}

/// The parts of a span that tell the outcome of the request; `code` is the key of its status code.
pub(crate) fn ending(span: &SpanData, code: &str) -> String {
    format!(
        "{:?}; status {}; error {}",
        span.status,
        attribute(span, code),
        attribute(span, "error.type")
    )
}

pub(crate) fn attribute(span: &SpanData, key: &str) -> String {
    let found = span.attributes.iter().find(|a| a.key.as_str() == key);
    found.map_or_else(|| "none".to_owned(), |a| a.value.to_string())
}
