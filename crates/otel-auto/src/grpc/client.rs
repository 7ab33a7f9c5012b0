//! Client spans: a [`tower`] layer.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body::Body;
use opentelemetry::trace::SpanKind;
use opentelemetry::{KeyValue, StringValue};
use pin_project_lite::pin_project;
use tonic::{GrpcMethod, Status};
use tower::{Layer, Service};

use super::attributes::{GRPC, OTHER, RPC_METHOD, RPC_METHOD_ORIGINAL, SCOPE, method, system};
use super::body::ResponseBody;
use super::call::{CallSpan, Side};
use super::outcome::Outcome;
use super::{BoxError, deadline};
use crate::instrumentation::attributes::{SERVER_ADDRESS, SERVER_PORT};
use crate::instrumentation::{Description, Scope, SharedTracer, carrier, intern};

/// A layer that makes a [`Client`] from a channel, for [`tower::ServiceBuilder`].
#[derive(Clone, Debug)]
pub struct ClientLayer {
    target: Target,
    tracer: SharedTracer,
}

/// A channel that makes a client span for each call and sends its context in the metadata.
///
/// Generated clients accept it in place of the channel. The span ends with the last response, or
/// when the response is dropped. It records the status of the server or of the transport; a call
/// that ends after its deadline is `DEADLINE_EXCEEDED`, although tonic reports it as cancelled.
///
/// The method is known for calls by generated clients; for other calls it is `_OTHER`. The address
/// of the connection is not recorded, since a channel does not expose it.
#[derive(Clone, Debug)]
pub struct Client<S> {
    inner: S,
    target: Target,
    tracer: SharedTracer,
}

pin_project! {
    /// The response of [`Client`].
    #[derive(Debug)]
    pub struct ClientFuture<F> {
        #[pin]
        inner: F,
        span: Option<CallSpan>,
    }
}

/// The server's address, as given to the channel.
#[derive(Clone, Debug)]
struct Target {
    address: Option<StringValue>,
    port: Option<u16>,
}

/// A call as the source of a span's attributes.
struct Outgoing<'a, B> {
    request: &'a Request<B>,
    target: &'a Target,
}

impl ClientLayer {
    /// A layer for a channel to `target`, the endpoint's [`uri`](tonic::transport::Endpoint::uri).
    pub fn new(target: &Uri) -> Self {
        Self {
            target: Target::new(target),
            tracer: SharedTracer::default(),
        }
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = Client<S>;

    fn layer(&self, inner: S) -> Client<S> {
        Client {
            inner,
            target: self.target.clone(),
            tracer: self.tracer.clone(),
        }
    }
}

impl<S> Client<S> {
    /// Wraps `inner`, a channel to `target`, the endpoint's
    /// [`uri`](tonic::transport::Endpoint::uri).
    pub fn new(inner: S, target: &Uri) -> Self {
        ClientLayer::new(target).layer(inner)
    }

    /// Starts the span of a call, and writes its context to the call's metadata.
    fn start<B>(&self, request: &mut Request<B>) -> CallSpan {
        let outgoing = Outgoing {
            request,
            target: &self.target,
        };
        let span = self.tracer.start(None, &outgoing);
        carrier::inject(span.context(), request.headers_mut());
        let recorded = span.is_recording();
        let deadline = recorded.then(|| deadline::of(request.headers())).flatten();
        CallSpan::new(span, Side::Client, deadline)
    }
}

impl<S, B, R> Service<Request<B>> for Client<S>
where
    S: Service<Request<B>, Response = Response<R>, Error: Into<BoxError>>,
    R: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Response = Response<ResponseBody<R>>;
    type Error = Status;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), Status>> {
        let ready = self.inner.poll_ready(task);
        ready.map_err(|error| Status::from_error(error.into()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let span = self.start(&mut request);
        ClientFuture {
            inner: self.inner.call(request),
            span: Some(span),
        }
    }
}

impl<F, R, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body<Data = Bytes, Error: Into<BoxError>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<ResponseBody<R>>, Status>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(task));
        // The future was polled again after it was ready, which is an error of the caller; the span
        // has already ended.
        let Some(span) = this.span.take() else {
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok(response) => Ok(span.answer(response)),
            Err(error) => {
                let (outcome, status) = Outcome::of_error(error.into());
                span.end(&outcome);
                Err(status)
            }
        })
    }
}

impl Target {
    /// The port defaults to that of the scheme.
    fn new(uri: &Uri) -> Self {
        let host = uri.host();
        let host = host.map(|host| host.trim_start_matches('[').trim_end_matches(']'));
        let of_scheme = match uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        };
        Self {
            // Shared by all spans.
            address: host.map(|host| Arc::<str>::from(host).into()),
            port: uri.port_u16().or(of_scheme),
        }
    }
}

impl<B> Description for Outgoing<'_, B> {
    const SCOPE: Scope = SCOPE;

    fn kind(&self) -> SpanKind {
        SpanKind::Client
    }

    fn name(&self) -> Cow<'static, str> {
        if self.is_known() {
            intern::name(method(self.request.uri()))
        } else {
            Cow::Borrowed(GRPC)
        }
    }

    fn add_attributes(&self, attributes: &mut Vec<KeyValue>) {
        attributes.push(system());
        let method = intern::value(method(self.request.uri()));
        if self.is_known() {
            attributes.push(KeyValue::new(RPC_METHOD, method));
        } else {
            attributes.push(KeyValue::new(RPC_METHOD, OTHER));
            attributes.push(KeyValue::new(RPC_METHOD_ORIGINAL, method));
        }
        if let Some(address) = &self.target.address {
            attributes.push(KeyValue::new(SERVER_ADDRESS, address.clone()));
            if let Some(port) = self.target.port {
                attributes.push(KeyValue::new(SERVER_PORT, i64::from(port)));
            }
        }
    }
}

impl<B> Outgoing<'_, B> {
    /// Generated clients mark the methods that they call.
    fn is_known(&self) -> bool {
        let extensions = self.request.extensions();
        extensions.get::<GrpcMethod<'static>>().is_some()
    }
}
