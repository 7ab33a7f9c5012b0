//! Real requests between the instrumented client and the instrumented server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::OnceLock;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::routing::{any, get};
use opentelemetry::trace::{
    FutureExt, SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
    TracerProvider,
};
use opentelemetry::{Context, Value, global};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    IdGenerator, InMemorySpanExporter, RandomIdGenerator, SdkTracerProvider, SpanData,
};
use telemetry::http::{Client, ServerLayer};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[tokio::test]
async fn an_answer_makes_one_client_and_one_server_span() {
    let test = Test::start().await;
    let response = test
        .run(
            test.get("/users/7?name=a&sig=secret")
                .header("user-agent", "tester")
                .send(),
        )
        .await
        .unwrap();
    let traceresponse = response.headers()["traceresponse"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(response.text().await.unwrap(), "user 7");
    let (client, server) = test.spans().await;

    assert_eq!(server.parent_span_id, client.span_context.span_id());
    assert!(server.parent_span_is_remote);
    let (trace, span) = (
        server.span_context.trace_id(),
        server.span_context.span_id(),
    );
    assert_eq!(traceresponse, format!("00-{trace}-{span}-01"));
    insta::assert_snapshot!(show(&client), @r#"
    Client GET
      http.request.method: "GET"
      url.full: "http://127.0.0.1:PORT/users/7?name=a&sig=REDACTED"
      server.address: "127.0.0.1"
      server.port: (an integer)
      network.protocol.version: "1.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      http.response.status_code: I64(200)
    "#);
    insta::assert_snapshot!(show(&server), @r#"
    Server GET /users/{id}
      http.request.method: "GET"
      url.scheme: "http"
      url.path: "/users/7"
      url.query: "name=a&sig=REDACTED"
      http.route: "/users/{id}"
      server.address: "127.0.0.1"
      server.port: (an integer)
      client.address: "127.0.0.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      network.protocol.version: "1.1"
      user_agent.original: "tester"
      http.response.status_code: I64(200)
    "#);
}

#[tokio::test]
async fn the_client_sends_the_context_and_no_other_header() {
    let test = Test::start().await;
    let response = test.run(test.get("/headers").send()).await.unwrap();
    let names = response.text().await.unwrap();
    assert_eq!(names, "accept,host,traceparent");
    test.spans().await;
}

#[tokio::test]
async fn a_path_without_a_route_is_no_name() {
    let test = Test::start().await;
    test.run(test.get("/nowhere").send()).await.unwrap();
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(show(&client), @r#"
    Client GET (error "")
      http.request.method: "GET"
      url.full: "http://127.0.0.1:PORT/nowhere"
      server.address: "127.0.0.1"
      server.port: (an integer)
      network.protocol.version: "1.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      http.response.status_code: I64(404)
      error.type: "404"
    "#);
    insta::assert_snapshot!(show(&server), @r#"
    Server GET
      http.request.method: "GET"
      url.scheme: "http"
      url.path: "/nowhere"
      server.address: "127.0.0.1"
      server.port: (an integer)
      client.address: "127.0.0.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      network.protocol.version: "1.1"
      http.response.status_code: I64(404)
    "#);
}

#[tokio::test]
async fn a_failure_of_the_server_is_an_error_on_both_sides() {
    let test = Test::start().await;
    test.run(test.get("/broken").send()).await.unwrap();
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(show(&client), @r#"
    Client GET (error "")
      http.request.method: "GET"
      url.full: "http://127.0.0.1:PORT/broken"
      server.address: "127.0.0.1"
      server.port: (an integer)
      network.protocol.version: "1.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      http.response.status_code: I64(500)
      error.type: "500"
    "#);
    insta::assert_snapshot!(show(&server), @r#"
    Server GET /broken (error "")
      http.request.method: "GET"
      url.scheme: "http"
      url.path: "/broken"
      http.route: "/broken"
      server.address: "127.0.0.1"
      server.port: (an integer)
      client.address: "127.0.0.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      network.protocol.version: "1.1"
      http.response.status_code: I64(500)
      error.type: "500"
    "#);
}

#[tokio::test]
async fn an_unknown_method_is_kept_apart() {
    let test = Test::start().await;
    let method = "FOO".parse().unwrap();
    let request = test.client.request(method, test.url("/any"));
    test.run(request.send()).await.unwrap();
    let (client, server) = test.spans().await;
    insta::assert_snapshot!(show(&client), @r#"
    Client HTTP
      http.request.method: "_OTHER"
      http.request.method_original: "FOO"
      url.full: "http://127.0.0.1:PORT/any"
      server.address: "127.0.0.1"
      server.port: (an integer)
      network.protocol.version: "1.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      http.response.status_code: I64(200)
    "#);
    insta::assert_snapshot!(show(&server), @r#"
    Server HTTP /any
      http.request.method: "_OTHER"
      http.request.method_original: "FOO"
      url.scheme: "http"
      url.path: "/any"
      http.route: "/any"
      server.address: "127.0.0.1"
      server.port: (an integer)
      client.address: "127.0.0.1"
      network.peer.address: "127.0.0.1"
      network.peer.port: (an integer)
      network.protocol.version: "1.1"
      http.response.status_code: I64(200)
    "#);
}

#[tokio::test]
async fn a_refused_connection_is_named() {
    let test = Test::start().await;
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let request = test.client.get(format!("http://{closed}/"));
    assert!(test.run(request.send()).await.is_err());
    let client = test.finish().await.remove(0);
    insta::assert_snapshot!(show(&client), @r#"
    Client GET (error "Connection refused (os error 111)")
      http.request.method: "GET"
      url.full: "http://127.0.0.1:PORT/"
      server.address: "127.0.0.1"
      server.port: (an integer)
      error.type: "connection_refused"
    "#);
}

#[tokio::test]
async fn tracing_in_a_handler_nests_under_the_server_span() {
    let test = Test::start().await;
    test.run(test.get("/nested").send()).await.unwrap();
    let spans = test.finish().await;
    let server = spans
        .iter()
        .find(|span| span.name == "GET /nested")
        .unwrap();
    let inner = spans.iter().find(|span| span.name == "inner").unwrap();
    assert_eq!(inner.parent_span_id, server.span_context.span_id());
}

/// A server, a client, and a trace of their own among the spans of all tests.
struct Test {
    client: Client,
    address: SocketAddr,
    trace_id: TraceId,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Test {
    async fn start() -> Self {
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

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn get(&self, path: &str) -> telemetry::http::RequestBuilder {
        self.client.get(self.url(path))
    }

    /// Runs `request` within this test's trace.
    async fn run<T>(&self, request: impl Future<Output = T>) -> T {
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
    async fn finish(self) -> Vec<SpanData> {
        drop((self.client, self.stop));
        self.server.await.unwrap();
        let mut spans = exporter().get_finished_spans().unwrap();
        spans.retain(|span| span.span_context.trace_id() == self.trace_id);
        spans
    }

    /// The client span and the server span, which must be all.
    async fn spans(self) -> (SpanData, SpanData) {
        let mut spans = self.finish().await;
        spans.sort_by_key(|span| span.parent_span_is_remote);
        match <[SpanData; 2]>::try_from(spans) {
            Ok([client, server]) => (client, server),
            Err(spans) => panic!("{} spans: {spans:?}", spans.len()),
        }
    }
}

fn app() -> Router {
    Router::new()
        .route(
            "/users/{id}",
            get(async |path: axum::extract::Path<String>| format!("user {}", path.0)),
        )
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/any", any(async || "anything"))
        .route("/headers", get(header_names))
        .route("/nested", get(nested))
        .layer(ServerLayer::new())
}

async fn header_names(headers: HeaderMap) -> String {
    let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    names.join(",")
}

async fn nested() {
    tracing::info_span!("inner").in_scope(|| {});
}

/// The exporter behind the global provider, which is set once for all tests.
fn exporter() -> &'static InMemorySpanExporter {
    static EXPORTER: OnceLock<InMemorySpanExporter> = OnceLock::new();
    EXPORTER.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        tracing_subscriber::registry().with(layer).init();
        global::set_tracer_provider(provider);
        global::set_text_map_propagator(TraceContextPropagator::new());
        exporter
    })
}

/// The span as text, with the ports that differ from run to run left out.
fn show(span: &SpanData) -> String {
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
