//! Server spans: a [`tower`] layer.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context as TaskContext, Poll, ready};

use axum::extract::{ConnectInfo, MatchedPath};
use http::header::{HOST, USER_AGENT};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{SpanBuilder, SpanContext, SpanKind, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_http::HeaderExtractor;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::attributes::{
    CLIENT_ADDRESS, HTTP_ROUTE, NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT, NETWORK_PROTOCOL_VERSION,
    SERVER_ADDRESS, SERVER_PORT, URL_PATH, URL_QUERY, URL_SCHEME, USER_AGENT_ORIGINAL,
    protocol_version, push_method, scope, span_name,
};
use super::body::ResponseBody;
use super::redact;
use super::span::HttpSpan;

/// Answers the caller with the ids of the server span
/// (<https://w3c.github.io/trace-context/#traceresponse-header>).
const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// Makes a server span for each request, as a child of the span that the request's headers name.
///
/// Add it with [`axum::Router::layer`], after the routes: the span is named after the route, which
/// only a layer inside the router can see. The global tracer provider is taken at the first
/// request. The span lasts until the response body has been sent or dropped.
///
/// `client.address` and `network.peer.*` need the peer's address, which axum gives with
/// [`into_make_service_with_connect_info`](axum::Router::into_make_service_with_connect_info);
/// without it they are left out.
#[derive(Clone, Debug, Default)]
pub struct ServerLayer {
    tracer: SharedTracer,
}

/// The service that [`ServerLayer`] makes.
#[derive(Clone, Debug)]
pub struct Server<S> {
    inner: S,
    tracer: SharedTracer,
}

pin_project! {
    /// The response of [`Server`].
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        span: Option<HttpSpan>,
    }
}

/// The tracer, looked up once: axum clones its layers for each route and each connection.
#[derive(Clone, Debug, Default)]
struct SharedTracer(Arc<OnceLock<BoxedTracer>>);

impl ServerLayer {
    /// A layer that reports to the global tracer provider.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = Server<S>;

    fn layer(&self, inner: S) -> Server<S> {
        Server {
            inner,
            tracer: self.tracer.clone(),
        }
    }
}

impl<S, B, R> Service<Request<B>> for Server<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let span = HttpSpan::new(self.tracer.start(&request));
        let attached = span.context().clone().attach();
        let inner = self.inner.call(request);
        drop(attached);
        ResponseFuture {
            inner,
            span: Some(span),
        }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let attached = this
            .span
            .as_ref()
            .map(|span| span.context().clone().attach());
        let result = ready!(this.inner.poll(task));
        drop(attached);
        // Polled again after it was ready, which no caller may do: there is no span left to end.
        let Some(mut span) = this.span.take() else {
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok(response) => Ok(finish(span, response)),
            Err(error) => {
                span.fail(std::any::type_name::<E>(), "the service failed".to_owned());
                Err(error)
            }
        })
    }
}

fn finish<R>(mut span: HttpSpan, mut response: Response<R>) -> Response<ResponseBody<R>> {
    let status = response.status();
    // "For HTTP status codes in the 4xx range span status MUST be left unset in case of
    // SpanKind.SERVER": the server did nothing wrong.
    span.answer(status, status.is_server_error());
    if let Some(value) = traceresponse(span.context().span().span_context()) {
        response.headers_mut().insert(TRACERESPONSE, value);
    }
    response.map(|body| ResponseBody::new(body, span))
}

fn traceresponse(context: &SpanContext) -> Option<HeaderValue> {
    if !context.is_valid() {
        return None;
    }
    let value = format!(
        "00-{}-{}-{:02x}",
        context.trace_id(),
        context.span_id(),
        context.trace_flags().to_u8()
    );
    HeaderValue::try_from(value).ok()
}

impl SharedTracer {
    /// Starts the span of `request` and answers with the context that holds it.
    fn start<B>(&self, request: &Request<B>) -> Context {
        let tracer = self.0.get_or_init(|| global::tracer_with_scope(scope()));
        let parent = global::get_text_map_propagator(|propagator| {
            propagator.extract(&HeaderExtractor(request.headers()))
        });
        let route = request.extensions().get::<MatchedPath>();
        let name = span_name(request.method(), route.map(MatchedPath::as_str));
        let builder = SpanBuilder::from_name(name)
            .with_kind(SpanKind::Server)
            .with_attributes(attributes(request, route));
        let span = tracer.build_with_context(builder, &parent);
        parent.with_span(span)
    }
}

fn attributes<B>(request: &Request<B>, route: Option<&MatchedPath>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(16);
    push_method(&mut attributes, request.method());
    push_url(&mut attributes, request);
    if let Some(route) = route {
        attributes.push(KeyValue::new(HTTP_ROUTE, route.as_str().to_owned()));
    }
    push_server(&mut attributes, request);
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        push_peer(&mut attributes, *peer);
    }
    if let Some(version) = protocol_version(request.version()) {
        attributes.push(KeyValue::new(NETWORK_PROTOCOL_VERSION, version));
    }
    if let Some(agent) = text(request.headers(), &USER_AGENT) {
        attributes.push(KeyValue::new(USER_AGENT_ORIGINAL, agent.to_owned()));
    }
    attributes
}

fn push_url<B>(attributes: &mut Vec<KeyValue>, request: &Request<B>) {
    let scheme = request.uri().scheme_str().unwrap_or("http").to_owned();
    attributes.push(KeyValue::new(URL_SCHEME, scheme));
    attributes.push(KeyValue::new(URL_PATH, request.uri().path().to_owned()));
    if let Some(query) = request.uri().query().filter(|query| !query.is_empty()) {
        let query = redact::query(query).into_owned();
        attributes.push(KeyValue::new(URL_QUERY, query));
    }
}

/// The host that the client asked for: `:authority` of HTTP/2, else the `Host` header.
fn push_server<B>(attributes: &mut Vec<KeyValue>, request: &Request<B>) {
    let from_host = || text(request.headers(), &HOST)?.parse::<Authority>().ok();
    let Some(authority) = request.uri().authority().cloned().or_else(from_host) else {
        return;
    };
    let host = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    attributes.push(KeyValue::new(SERVER_ADDRESS, host.to_owned()));
    if let Some(port) = authority.port_u16() {
        attributes.push(KeyValue::new(SERVER_PORT, i64::from(port)));
    }
}

fn push_peer(attributes: &mut Vec<KeyValue>, peer: SocketAddr) {
    let address = peer.ip().to_canonical().to_string();
    attributes.push(KeyValue::new(CLIENT_ADDRESS, address.clone()));
    attributes.push(KeyValue::new(NETWORK_PEER_ADDRESS, address));
    attributes.push(KeyValue::new(NETWORK_PEER_PORT, i64::from(peer.port())));
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
