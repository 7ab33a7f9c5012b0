//! The gate that every request and answer passes, on every port.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::header::{ALLOW, CONTENT_TYPE, ORIGIN, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tonic::{Code, Status};
use tower::ServiceExt as _;

use super::doors::{self, Refused};
use super::refused::{self, Asked, RefusedLog};
use super::signpost::{self, Astray, Signpost, is_grpc};
use crate::api::Client;
use crate::config::{Doors, Endpoint};
use crate::receive::TIME;

/// The state shared by all ports.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) doors: Doors,
    pub(super) signpost: Signpost,
    pub(super) refused: RefusedLog,
}

/// The gate of one port; clones share it.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub(super) port: Endpoint,
    pub(super) router: Router,
    /// True if host names in requests are checked.
    pub(super) checks_host: bool,
    pub(super) common: Arc<Common>,
}

/// The parts of a request that are needed after it has been answered.
struct Head {
    method: Method,
    uri: Uri,
    is_grpc: bool,
    /// The request's headers, if a web page sent it.
    from_page: HeaderMap,
}

const SAME_ORIGIN: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The time limit of bodies. Receivers have their own limit and report it in their protocol; this
/// one is for everything else.
const BODY_TIME: Duration = TIME.saturating_add(Duration::from_secs(1));

impl Gate {
    /// Answers a request.
    pub(super) async fn pass(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        client: Client,
    ) -> Response {
        let head = Head::of(&request);
        let mut answer = match self.refuse(&request, head.is_grpc) {
            Some(refusal) => refusal,
            None => client.asks(self.route(request, &head)).await,
        };
        let asked = Asked {
            at: self.port,
            peer,
            method: head.method.as_str(),
            path: head.uri.path(),
        };
        self.common.refused.note(&asked, &answer);
        if signpost::is_swapped(self.port, head.is_grpc) && refused::is_accepted(&answer) {
            let why = "otel-backend takes OTLP over HTTP and over gRPC on both ports; Jaeger and Tempo would refuse this, and lose the spans: the port is 4317 for gRPC, 4318 for HTTP";
            self.common
                .refused
                .say(&asked, "swapped", "OTLP came to the other port", "", why);
        }
        self.dress(&head, answer.status(), answer.headers_mut());
        answer
    }

    /// Logs a connection that failed because it was not HTTP, with the protocol it seems to use.
    pub(super) fn ended_early(&self, peer: SocketAddr, reason: &(dyn std::error::Error + 'static)) {
        tracing::debug!(%reason, "a connection ended early");
        let is_foreign = |error: &hyper::Error| error.is_parse();
        if reason
            .downcast_ref::<hyper::Error>()
            .is_some_and(is_foreign)
        {
            let asked = Asked {
                at: self.port,
                peer,
                method: "",
                path: "",
            };
            let why = "what came is not HTTP; if it is TLS, use http:// or insecure=true";
            self.common
                .refused
                .refuse(&asked, "protocol", "", why, true);
        }
    }

    /// Answers requests that are refused, and those that belong to another port.
    fn refuse(&self, request: &Request<Incoming>, is_grpc: bool) -> Option<Response> {
        let path = request.uri().path();
        // Browsers use HTTP/2 only over TLS.
        if request.version() < Version::HTTP_2 && path != "/health" {
            if let Err(refused) = self.check_doors(request) {
                return Some(forbidden(&refused));
            }
            if self.takes_from_pages() && doors::is_preflight(request.method(), request.headers()) {
                return Some(StatusCode::NO_CONTENT.into_response());
            }
        }
        let signpost = &self.common.signpost;
        let astray = signpost.astray(self.port, request.method(), path, is_grpc)?;
        Some(astray.answer(is_grpc))
    }

    fn check_doors(&self, request: &Request<Incoming>) -> Result<(), Refused> {
        let doors = &self.common.doors;
        if self.checks_host {
            doors.check_host(request.uri(), request.headers())?;
        }
        doors.check_page(request.method(), request.headers())
    }

    async fn route(&self, request: Request<Incoming>, head: &Head) -> Response {
        let until = Instant::now() + BODY_TIME;
        let came = Arc::new(AtomicBool::new(false));
        let request = request.map(|body| {
            if body.is_end_stream() {
                came.store(true, Ordering::Relaxed);
                return Body::empty();
            }
            Body::new(Timely {
                body,
                // Later than the answer that reports it.
                until: Box::pin(sleep_until(until + BODY_TIME - TIME)),
                came: Arc::clone(&came),
            })
        });
        let routed = self.router.clone().oneshot(request);
        let mut routed = std::pin::pin!(routed);
        let answer = match timeout_at(until, routed.as_mut()).await {
            Ok(answer) => answer,
            Err(_) if came.load(Ordering::Relaxed) => routed.await,
            Err(_) => return too_slow(head.is_grpc),
        };
        let Ok(answer) = answer;
        let is_empty = answer.body().size_hint().exact() == Some(0);
        match answer.status() {
            StatusCode::NOT_FOUND if is_empty => Astray::at(self.port).answer(head.is_grpc),
            StatusCode::METHOD_NOT_ALLOWED if is_empty => {
                let allow = answer.headers().get(ALLOW).cloned();
                let astray = Astray {
                    status: StatusCode::METHOD_NOT_ALLOWED,
                    ..Astray::at(self.port)
                };
                let mut answer = astray.answer(head.is_grpc);
                if let Some(allow) = allow {
                    answer.headers_mut().insert(ALLOW, allow);
                }
                answer
            }
            _ => answer,
        }
    }

    /// Adds the headers that every answer has.
    fn dress(&self, head: &Head, status: StatusCode, answer: &mut HeaderMap) {
        let nosniff = HeaderValue::from_static("nosniff");
        answer.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
        answer.insert(SAME_ORIGIN, HeaderValue::from_static("same-origin"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = HeaderValue::from_static("1");
            answer.entry(RETRY_AFTER).or_insert(soon);
        }
        if self.takes_from_pages() && !head.is_grpc {
            self.common.doors.allow(&head.from_page, answer);
        }
    }

    /// Returns true if web pages may send to this port.
    fn takes_from_pages(&self) -> bool {
        matches!(
            self.port,
            Endpoint::OtlpHttp | Endpoint::OtlpGrpc | Endpoint::Zipkin
        )
    }
}

impl Head {
    fn of(request: &Request<Incoming>) -> Self {
        let headers = request.headers();
        let from_page = match headers.get(ORIGIN) {
            Some(_) => headers.clone(),
            None => HeaderMap::new(),
        };
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            is_grpc: is_grpc(headers),
            from_page,
        }
    }
}

fn forbidden(refused: &Refused) -> Response {
    let text = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    (
        StatusCode::FORBIDDEN,
        refused.why(),
        text,
        format!("{refused}\n"),
    )
        .into_response()
}

fn too_slow(is_grpc: bool) -> Response {
    let message = format!("the request was not complete after {} s", TIME.as_secs());
    if is_grpc {
        return Status::new(Code::DeadlineExceeded, message).into_http();
    }
    (StatusCode::REQUEST_TIMEOUT, message + "\n").into_response()
}

/// The body of a request with a time limit.
struct Timely {
    body: Incoming,
    until: Pin<Box<Sleep>>,
    /// True once the end of the body has arrived.
    came: Arc<AtomicBool>,
}

/// The error that a body was not complete in time.
#[derive(Debug, thiserror::Error)]
#[error("the request was not complete after {} s", TIME.as_secs())]
struct TooSlow;

impl HttpBody for Timely {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if frame.is_none() || self.body.is_end_stream() {
                self.came.store(true, Ordering::Relaxed);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        ready!(self.until.as_mut().poll(context));
        Poll::Ready(Some(Err(TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
