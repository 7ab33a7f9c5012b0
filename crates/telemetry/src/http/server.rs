//! Server spans: a [`tower`] layer.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use axum::extract::{ConnectInfo, MatchedPath};
use http::header::{HOST, USER_AGENT};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use http_body::Body;
use opentelemetry::trace::{SpanBuilder, SpanContext, SpanKind, TraceContextExt};
use opentelemetry::{KeyValue, global};
use opentelemetry_http::HeaderExtractor;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::attributes::{
    Add, CLIENT_ADDRESS, HTTP_ROUTE, NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT,
    NETWORK_PROTOCOL_VERSION, SERVER_ADDRESS, SERVER_PORT, URL_PATH, URL_QUERY, URL_SCHEME,
    USER_AGENT_ORIGINAL, add_method, protocol_version, span_name,
};
use super::authority::host_and_port;
use super::body::ResponseBody;
use super::forwarded::Forwarded;
use super::redact;
use super::span::HttpSpan;
use super::tracer::SharedTracer;

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
    options: Options,
}

/// The service that [`ServerLayer`] makes.
#[derive(Clone, Debug)]
pub struct Server<S> {
    inner: S,
    options: Options,
}

#[derive(Clone, Debug, Default)]
struct Options {
    tracer: SharedTracer,
    behind_proxy: bool,
}

pin_project! {
    /// The response of [`Server`].
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        span: Option<HttpSpan>,
        method: Method,
    }
}

impl ServerLayer {
    /// A layer that reports to the global tracer provider.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the client's address, the scheme and the host from `Forwarded` or `X-Forwarded-…`.
    ///
    /// Only for a server that is reached through a proxy alone, which sets these headers itself:
    /// anybody else can write into them what they like.
    #[must_use]
    pub fn behind_proxy(mut self) -> Self {
        self.options.behind_proxy = true;
        self
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = Server<S>;

    fn layer(&self, inner: S) -> Server<S> {
        Server {
            inner,
            options: self.options.clone(),
        }
    }
}

impl<S, B, R> Service<Request<B>> for Server<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let span = start(&self.options, &request);
        let method = request.method().clone();
        let attached = span.attach();
        let inner = self.inner.call(request);
        drop(attached);
        ResponseFuture {
            inner,
            span: Some(span),
            method,
        }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let attached = this.span.as_ref().map(HttpSpan::attach);
        let result = ready!(this.inner.poll(task));
        drop(attached);
        // Polled again after it was ready, which no caller may do: there is no span left to end.
        let Some(mut span) = this.span.take() else {
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok(response) => Ok(finish(span, this.method, response)),
            Err(error) => {
                span.fail(std::any::type_name::<E>(), "the service failed");
                Err(error)
            }
        })
    }
}

fn finish<R: Body>(
    mut span: HttpSpan,
    method: &Method,
    mut response: Response<R>,
) -> Response<ResponseBody<R>> {
    let status = response.status();
    // "For HTTP status codes in the 4xx range span status MUST be left unset in case of
    // SpanKind.SERVER": the server did nothing wrong.
    span.answer(status, status.is_server_error());
    if let Some(value) = traceresponse(span.context().span().span_context()) {
        response.headers_mut().insert(TRACERESPONSE, value);
    }
    ResponseBody::wrap(response, method, span)
}

/// `00-{trace id}-{span id}-{flags}`.
fn traceresponse(context: &SpanContext) -> Option<HeaderValue> {
    if !context.is_valid() {
        return None;
    }
    let mut value = *b"00-00000000000000000000000000000000-0000000000000000-00";
    let (trace_id, rest) = value[3..].split_at_mut(32);
    write_hex(trace_id, &context.trace_id().to_bytes());
    let (span_id, flags) = rest[1..].split_at_mut(16);
    write_hex(span_id, &context.span_id().to_bytes());
    write_hex(&mut flags[1..], &[context.trace_flags().to_u8()]);
    HeaderValue::from_bytes(&value).ok()
}

/// The standard formatter takes several times as long, on each request.
fn write_hex(text: &mut [u8], bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[byte >> 4, byte & 15].map(|nibble| DIGITS[usize::from(nibble)]));
    }
}

fn start<B>(options: &Options, request: &Request<B>) -> HttpSpan {
    let parent = global::get_text_map_propagator(|propagator| {
        propagator.extract(&HeaderExtractor(request.headers()))
    });
    let route = request.extensions().get::<MatchedPath>();
    let name = span_name(request.method(), route.map(MatchedPath::as_str));
    let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Server);
    options.tracer.start(builder, parent, |add| {
        let forwarded = if options.behind_proxy {
            Forwarded::read(request.headers())
        } else {
            Forwarded::default()
        };
        add_attributes(add, request, route, &forwarded);
    })
}

fn add_attributes<B>(
    add: Add<'_>,
    request: &Request<B>,
    route: Option<&MatchedPath>,
    forwarded: &Forwarded<'_>,
) {
    add_method(add, request.method());
    add_url(add, request.uri(), forwarded.scheme);
    if let Some(route) = route {
        add(KeyValue::new(HTTP_ROUTE, route.as_str().to_owned()));
    }
    add_server(add, request, forwarded.host);
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    add_client(add, peer.map(|ConnectInfo(peer)| *peer), forwarded.client);
    if let Some(version) = protocol_version(request.version()) {
        add(KeyValue::new(NETWORK_PROTOCOL_VERSION, version));
    }
    if let Some(agent) = text(request.headers(), &USER_AGENT) {
        add(KeyValue::new(USER_AGENT_ORIGINAL, agent.to_owned()));
    }
}

fn add_url(add: Add<'_>, uri: &Uri, forwarded: Option<&str>) {
    // HTTP/1 does not say. What is served here without a proxy is plain HTTP.
    let scheme = match forwarded.or(uri.scheme_str()) {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
        _ => "http",
    };
    add(KeyValue::new(URL_SCHEME, scheme));
    add(KeyValue::new(URL_PATH, uri.path().to_owned()));
    if let Some(query) = uri.query().filter(|query| !query.is_empty()) {
        add(KeyValue::new(URL_QUERY, redact::query(query).into_owned()));
    }
}

/// The host that the client asked for: `:authority` of HTTP/2, else the `Host` header.
fn add_server<B>(add: Add<'_>, request: &Request<B>, forwarded: Option<&str>) {
    let authority = forwarded
        .or_else(|| request.uri().authority().map(Authority::as_str))
        .or_else(|| text(request.headers(), &HOST));
    let Some((host, port)) = authority.map(host_and_port) else {
        return;
    };
    add(KeyValue::new(SERVER_ADDRESS, host.to_owned()));
    if let Some(port) = port {
        add(KeyValue::new(SERVER_PORT, i64::from(port)));
    }
}

fn add_client(add: Add<'_>, peer: Option<SocketAddr>, forwarded: Option<&str>) {
    let address = peer.map(|peer| Arc::<str>::from(ip_text(peer.ip())));
    if let Some(client) = forwarded.map(Arc::from).or_else(|| address.clone()) {
        add(KeyValue::new(CLIENT_ADDRESS, client));
    }
    if let (Some(peer), Some(address)) = (peer, address) {
        add(KeyValue::new(NETWORK_PEER_ADDRESS, address));
        add(KeyValue::new(NETWORK_PEER_PORT, i64::from(peer.port())));
    }
}

/// The address as text. Most are IPv4, for which the standard formatter takes several times as
/// long, on each request.
fn ip_text(address: IpAddr) -> String {
    let IpAddr::V4(address) = address.to_canonical() else {
        return address.to_string();
    };
    let mut text = String::with_capacity(15);
    for (index, octet) in address.octets().into_iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        let digits = [octet / 100, octet / 10 % 10, octet % 10];
        let leading_zeros = if octet > 99 {
            0
        } else if octet > 9 {
            1
        } else {
            2
        };
        text.extend(
            digits
                .into_iter()
                .skip(leading_zeros)
                .map(|digit| char::from(b'0' + digit)),
        );
    }
    text
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_address_reads_as_the_standard_formatter_writes_it(address: IpAddr) {
            prop_assert_eq!(ip_text(address), address.to_canonical().to_string());
        }
    }
}
