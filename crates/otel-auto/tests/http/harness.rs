//! Runs one server and one client, and gathers their spans.

use std::net::SocketAddr;
use std::sync::OnceLock;

use opentelemetry::trace::{
    FutureExt, SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState,
    TracerProvider,
};
use opentelemetry::{Context, global};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    IdGenerator, InMemorySpanExporter, RandomIdGenerator, SdkTracerProvider, SpanData,
};
use otel_auto::http::Client;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::app::app;

/// A server, a client, and a trace of their own among the spans of all tests.
pub(crate) struct Test {
    pub(crate) client: Client,
    address: SocketAddr,
    pub(crate) trace_id: TraceId,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Test {
    pub(crate) async fn start() -> Self {
        exporter();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let service = app().into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move {
            axum::serve(listener, service)
                .with_graceful_shutdown(async { drop(stopped.await) })
                .await
                .unwrap();
        });
        Self {
            client: Client::new(reqwest::Client::new()),
            address,
            trace_id: RandomIdGenerator::default().new_trace_id(),
            stop,
            server,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> otel_auto::http::RequestBuilder {
        self.client.get(self.url(path))
    }

    /// Runs `request` within this test's trace.
    pub(crate) async fn run<T>(&self, request: impl Future<Output = T>) -> T {
        let parent = SpanContext::new(
            self.trace_id,
            SpanId::from(1),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        );
        let context = Context::new().with_remote_span_context(parent);
        request.with_context(context).await
    }

    /// Stops the server, which ends its spans, and answers with the spans of this test.
    pub(crate) async fn finish(self) -> Vec<SpanData> {
        drop((self.client, self.stop));
        self.server.await.unwrap();
        let mut spans = exporter().get_finished_spans().unwrap();
        spans.retain(|span| span.span_context.trace_id() == self.trace_id);
        spans
    }

    /// The client span and the server span, which must be all.
    pub(crate) async fn spans(self) -> (SpanData, SpanData) {
        let mut spans = self.finish().await;
        spans.sort_by_key(|span| span.parent_span_is_remote);
        match <[SpanData; 2]>::try_from(spans) {
            Ok([client, server]) => (client, server),
            Err(spans) => panic!("{} spans: {spans:?}", spans.len()),
        }
    }
}

/// The exporter behind the global provider, which is set once for all tests.
fn exporter() -> &'static InMemorySpanExporter {
    static EXPORTER: OnceLock<InMemorySpanExporter> = OnceLock::new();
    EXPORTER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("test"))
            .with_filter(Targets::new().with_target("http", LevelFilter::INFO));
        tracing_subscriber::registry().with(layer).init();
        global::set_tracer_provider(provider);
        global::set_text_map_propagator(TraceContextPropagator::new());
        exporter
    })
}
