//! An OTLP endpoint that answers as it is told, and shows what it was sent.

use std::collections::VecDeque;
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// The time in which a request must come.
const PATIENCE: Duration = Duration::from_mins(1);

/// An endpoint on loopback, for OTLP over HTTP and gRPC.
pub(super) struct Upstream {
    port: u16,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    requests: mpsc::UnboundedReceiver<Seen>,
}

/// A request.
pub(super) struct Seen {
    pub(super) at: Instant,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    /// Its message, decompressed.
    pub(super) message: Vec<u8>,
}

/// The answer of the endpoint.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    Http {
        status: u16,
        headers: Vec<(&'static str, &'static str)>,
        body: &'static [u8],
    },
    Grpc(tonic::Status),
    /// The answer breaks off.
    HangUp,
    /// Nothing.
    Never,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self::Http {
            status,
            headers: Vec::new(),
            body: b"",
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        if let Self::Http { headers, .. } = &mut self {
            headers.push((name, value));
        }
        self
    }

    pub(super) fn saying(mut self, content_type: &'static str, text: &'static [u8]) -> Self {
        if let Self::Http { body, .. } = &mut self {
            *body = text;
        }
        self.with("content-type", content_type)
    }
}

impl Upstream {
    pub(super) async fn start() -> Self {
        Self::start_on(0).await
    }

    pub(super) async fn start_on(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let replies: Arc<Mutex<VecDeque<Reply>>> = Arc::default();
        let (sender, requests) = mpsc::unbounded_channel();
        let of_router = Arc::clone(&replies);
        let router = Router::new().fallback(move |request: Request| {
            let (replies, sender) = (Arc::clone(&of_router), sender.clone());
            async move {
                let is_grpc = request.headers()["content-type"] == "application/grpc";
                sender.send(seen(request, is_grpc).await).unwrap();
                let reply = replies.lock().unwrap().pop_front();
                answer(reply, is_grpc).await
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            port,
            replies,
            requests,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The answer to the next request that has none yet; without one it is a success.
    pub(super) fn reply(&mut self, reply: Reply) {
        self.replies.lock().unwrap().push_back(reply);
    }

    /// The next request.
    pub(super) async fn seen(&mut self) -> Seen {
        let seen = tokio::time::timeout(PATIENCE, self.requests.recv());
        seen.await.unwrap().unwrap()
    }
}

async fn seen(request: Request, is_grpc: bool) -> Seen {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let packed = if is_grpc { &body[5..] } else { &body[..] };
    let encoding = if is_grpc {
        "grpc-encoding"
    } else {
        "content-encoding"
    };
    assert_eq!(head.headers[encoding], "gzip");
    let mut message = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(packed);
    decoder.read_to_end(&mut message).unwrap();
    Seen {
        at: Instant::now(),
        path: head.uri.path().to_owned(),
        headers: head.headers,
        message,
    }
}

async fn answer(reply: Option<Reply>, is_grpc: bool) -> Response {
    match reply {
        Some(Reply::Http {
            status,
            headers,
            body,
        }) => {
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = status.try_into().unwrap();
            for (name, value) in headers {
                let name = HeaderName::from_static(name);
                response
                    .headers_mut()
                    .insert(name, HeaderValue::from_static(value));
            }
            response
        }
        Some(Reply::Grpc(status)) => status.into_http(),
        Some(Reply::HangUp) => {
            let broken = std::io::Error::other("it breaks off");
            let pieces = tokio_stream::iter([Ok(Bytes::from_static(b"\x0a")), Err(broken)]);
            Response::new(Body::from_stream(pieces))
        }
        Some(Reply::Never) => std::future::pending().await,
        None if is_grpc => {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            let empty = http_body_util::Full::new(Bytes::from_static(&[0; 5]));
            let body = empty.with_trailers(async { Some(Ok(trailers)) });
            Response::new(Body::new(body))
        }
        None => Response::new(Body::empty()),
    }
}
