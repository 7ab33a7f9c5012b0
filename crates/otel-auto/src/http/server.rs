//! Server spans: a [`tower`] layer.

mod request;
mod traceresponse;

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use axum::BoxError;
use axum::body::Body as AxumBody;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::attributes::answer;
use super::body;
use super::capture::Of;
use super::settings::captured;
use crate::instrumentation::{RequestSpan, SharedTracer, carrier};

use request::Incoming;
use traceresponse::TRACERESPONSE;

/// A layer that makes a server span for each request, as a child of the span in the request's
/// headers.
///
/// Add it with [`axum::Router::layer`], after the routes: the span is named after the route, which
/// only a layer inside the router can see. The global tracer provider is looked up at the first
/// request. The span is current while the response's future is polled, and lasts until the body has
/// been sent or dropped.
///
/// `client.address` and `network.peer.*` are recorded only if axum provides the peer's address,
/// through
/// [`into_make_service_with_connect_info`](axum::Router::into_make_service_with_connect_info).
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
        span: Option<RequestSpan>,
        is_head: bool,
    }
}

impl ServerLayer {
    /// A layer that uses the global tracer provider.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the client's address, the scheme and the host from `Forwarded` or `X-Forwarded-…`.
    ///
    /// Use it only if all requests come through a proxy that sets these headers itself; otherwise a
    /// client can forge them.
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
    R: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<AxumBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let incoming = Incoming {
            request: &request,
            behind_proxy: self.options.behind_proxy,
        };
        let span = self
            .options
            .tracer
            .start(carrier::extract(request.headers()), &incoming);
        let is_head = *request.method() == Method::HEAD;
        ResponseFuture {
            inner: self.inner.call(request),
            span: Some(span),
            is_head,
        }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Output = Result<Response<AxumBody>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let attached = this.span.as_ref().and_then(RequestSpan::attach);
        let result = ready!(this.inner.poll(task));
        drop(attached);
        // The future was polled again after it was ready, which is an error of the caller; the span
        // has already ended.
        let Some(mut span) = this.span.take() else {
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok(response) => Ok(finish(span, *this.is_head, response)),
            Err(error) => {
                span.fail(std::any::type_name::<E>(), "the service failed");
                Err(error)
            }
        })
    }
}

fn finish<R>(mut span: RequestSpan, is_head: bool, mut response: Response<R>) -> Response<AxumBody>
where
    R: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let status = response.status();
    // The conventions leave the status unset for 4xx in server spans: the server did nothing wrong.
    answer(&mut span, status, status.is_server_error());
    if let Some(recorded) = span.span() {
        for attribute in captured(Of::ServerResponse, response.headers()) {
            recorded.set_attribute(attribute);
        }
        // If nothing is recorded, the caller has nothing to look up.
        if let Some(value) = traceresponse::value(recorded.span_context()) {
            response.headers_mut().insert(TRACERESPONSE, value);
        }
    }
    body::tie(response, is_head, span)
}
