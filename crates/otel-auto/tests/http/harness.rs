//! Runs one server and one client, and collects their spans.

use std::net::SocketAddr;

use opentelemetry::trace::TraceId;
use opentelemetry_sdk::trace::SpanData;
use otel_auto::http::Client;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::app;
use crate::spans::{Trace, client_and_server};

/// A server, a client, and a trace of their own, which separates their spans from those of other
/// tests.
pub(crate) struct Test {
    pub(crate) client: Client,
    address: SocketAddr,
    trace: Trace,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Test {
    pub(crate) async fn start() -> Self {
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
            trace: Trace::new(),
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

    pub(crate) fn trace_id(&self) -> TraceId {
        self.trace.id
    }

    /// Runs `request` in this test's trace.
    pub(crate) async fn run<T>(&self, request: impl Future<Output = T>) -> T {
        self.trace.run(request).await
    }

    /// Stops the server, which ends its spans, and returns the spans of this test.
    pub(crate) async fn finish(self) -> Vec<SpanData> {
        drop((self.client, self.stop));
        self.server.await.unwrap();
        self.trace.finished()
    }

    /// The client span and the server span; there must be no others.
    pub(crate) async fn spans(self) -> (SpanData, SpanData) {
        client_and_server(self.finish().await)
    }
}
