//! Server spans: a [`tower`] layer.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use pin_project_lite::pin_project;
use tonic::transport::server::TcpConnectInfo;
use tower::{Layer, Service};

use super::attributes::{SCOPE, method, system};
use super::body::ResponseBody;
use super::call::{CallSpan, Side};
use super::{BoxError, deadline};
use crate::instrumentation::attributes::{
    NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT, SERVER_ADDRESS, SERVER_PORT,
};
use crate::instrumentation::{Description, Scope, SharedTracer, address, carrier, intern};

/// A layer that makes a server span for each call, as a child of the span in the call's metadata.
///
/// Add it with [`tonic::transport::Server::layer`], or to the router from
/// [`into_axum_router`](tonic::service::Routes::into_axum_router). Requests that are not gRPC pass
/// through. The span is current while the method and its stream of responses run, and ends with the
/// last response.
///
/// A method that the server does not have is named `_OTHER`, as the conventions require, so that
/// callers cannot make up span names. Only the answer shows this, so `rpc.method` is recorded at
/// the end.
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
    pub struct ServerFuture<F> {
        #[pin]
        inner: F,
        // `None` for a request that is not gRPC, and after the response.
        span: Option<CallSpan>,
    }
}

/// A call as the source of a span's attributes.
struct Incoming<'a, B>(&'a Request<B>);

impl ServerLayer {
    /// A layer that uses the global tracer provider.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = Server<S>;

    fn layer(&self, inner: S) -> Server<S> {
        let tracer = self.tracer.clone();
        Server { inner, tracer }
    }
}

impl<S> Server<S> {
    fn start<B>(&self, request: &Request<B>) -> Option<CallSpan> {
        if !is_grpc(request.headers()) {
            return None;
        }
        let parent = carrier::extract(request.headers());
        let span = self.tracer.start(parent, &Incoming(request));
        if !span.is_recording() {
            return Some(CallSpan::new(span, Side::Server("".into()), None));
        }
        let method = intern::value(method(request.uri()));
        let deadline = deadline::of(request.headers());
        Some(CallSpan::new(span, Side::Server(method), deadline))
    }
}

impl<S, B, R> Service<Request<B>> for Server<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ServerFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let span = self.start(&request);
        let inner = self.inner.call(request);
        ServerFuture { inner, span }
    }
}

impl<F, R, E> Future for ServerFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let attached = this.span.as_ref().and_then(CallSpan::attach);
        let result = ready!(this.inner.poll(task));
        drop(attached);
        Poll::Ready(match (result, this.span.take()) {
            (Ok(response), Some(span)) => Ok(span.answer(response)),
            (Ok(response), None) => {
                let status = response.status();
                Ok(response.map(|body| ResponseBody::new(body, status, None)))
            }
            (Err(error), span) => {
                if let Some(span) = span {
                    span.fail(std::any::type_name::<E>(), "the service failed");
                }
                Err(error)
            }
        })
    }
}

impl<B> Description for Incoming<'_, B> {
    const SCOPE: Scope = SCOPE;

    fn kind(&self) -> SpanKind {
        SpanKind::Server
    }

    fn name(&self) -> Cow<'static, str> {
        intern::name(method(self.0.uri()))
    }

    fn add_attributes(&self, attributes: &mut Vec<KeyValue>) {
        attributes.push(system());
        self.add_server(attributes);
        if let Some(peer) = self.peer() {
            attributes.push(KeyValue::new(NETWORK_PEER_ADDRESS, address::ip(peer.ip())));
            attributes.push(KeyValue::new(NETWORK_PEER_PORT, i64::from(peer.port())));
        }
    }
}

impl<B> Incoming<'_, B> {
    /// Adds the host that the client asked for, and the port if one was given.
    fn add_server(&self, attributes: &mut Vec<KeyValue>) {
        let host = || str::from_utf8(self.0.headers().get(HOST)?.as_bytes()).ok();
        let authority = self.0.uri().authority().map(Authority::as_str);
        let Some((host, port)) = authority.or_else(host).map(address::authority) else {
            return;
        };
        attributes.push(KeyValue::new(SERVER_ADDRESS, host));
        if let Some(port) = port {
            attributes.push(KeyValue::new(SERVER_PORT, i64::from(port)));
        }
    }

    /// The peer's address, from tonic's server or from axum.
    fn peer(&self) -> Option<SocketAddr> {
        let tonic = || self.0.extensions().get::<TcpConnectInfo>()?.remote_addr();
        #[cfg(feature = "axum")]
        let axum = || {
            use axum::extract::ConnectInfo;
            let info = self.0.extensions().get::<ConnectInfo<SocketAddr>>();
            info.map(|ConnectInfo(peer)| *peer)
        };
        #[cfg(not(feature = "axum"))]
        let axum = || None;
        tonic().or_else(axum)
    }
}

/// True for plain gRPC. gRPC-Web has its trailers in the body, where they are not looked for.
fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let encoding = content_type.and_then(|value| value.strip_prefix(b"application/grpc"));
    encoding.is_some_and(|encoding| matches!(encoding.first(), None | Some(b'+' | b';')))
}
