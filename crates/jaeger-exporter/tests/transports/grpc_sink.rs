//! A server that receives spans over gRPC, with or without TLS, and gives the answers that a test
//! sets.

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::{self, Body};
use axum::extract::Request;
use axum::http::{HeaderMap, Response};
use http_body_util::{BodyExt, Full};
use jaeger_wire::api_v2;
use test_kit::tls;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};
use tracing::dispatcher::{self, Dispatch};

/// The longest that a test waits for a request.
const PATIENCE: Duration = Duration::from_secs(20);
const LARGEST: usize = 16 * 1024 * 1024;

pub(crate) struct GrpcSink {
    address: SocketAddr,
    scheme: &'static str,
    calls: Receiver<Call>,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// The request's message, without its frame.
    pub(crate) message: Vec<u8>,
}

/// A status code and its message.
pub(crate) type Answer = (u8, &'static str);

impl GrpcSink {
    /// Starts a sink that gives each of these answers to one call, and OK to all later calls.
    pub(crate) fn start(answers: &[Answer]) -> Self {
        Self::listen(answers, None)
    }

    /// Starts a sink that requires a client certificate.
    pub(crate) fn start_tls(answers: &[Answer]) -> Self {
        let config = ServerTlsConfig::new()
            .identity(Identity::from_pem(tls::CERTIFICATE, tls::KEY))
            .client_ca_root(Certificate::from_pem(tls::CA));
        Self::listen(answers, Some(config))
    }

    fn listen(answers: &[Answer], tls: Option<ServerTlsConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (sender, calls) = mpsc::channel();
        let answers: VecDeque<_> = answers.iter().copied().collect();
        let router = router(answers, sender);
        thread::spawn(move || serve(listener, tls, router));
        Self {
            address,
            scheme,
            calls,
        }
    }

    /// The URL for the exporter.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub(crate) fn next(&self) -> Call {
        self.calls.recv_timeout(PATIENCE).expect("a call")
    }

    /// The number of calls that the test has not looked at yet.
    pub(crate) fn waiting(&self) -> usize {
        self.calls.try_iter().count()
    }
}

impl Call {
    pub(crate) fn batch(&self) -> api_v2::Batch<'_> {
        api_v2::decode_post_spans(&self.message).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn serve(listener: TcpListener, tls: Option<ServerTlsConfig>, router: Router) {
    // The sink is not under test and must not make spans.
    let _silence = dispatcher::set_default(&Dispatch::none());
    let incoming = TcpIncoming::from(tokio::net::TcpListener::from_std(listener).unwrap());
    let mut server = Server::builder();
    if let Some(tls) = tls {
        server = server.tls_config(tls).unwrap();
    }
    server
        .add_routes(Routes::from(router))
        .serve_with_incoming(incoming)
        .await
        .unwrap();
}

fn router(answers: VecDeque<Answer>, calls: Sender<Call>) -> Router {
    let answers = Arc::new(Mutex::new(answers));
    Router::new().fallback(move |request: Request| {
        let (answers, calls) = (answers.clone(), calls.clone());
        async move {
            let (head, body) = request.into_parts();
            let framed = body::to_bytes(body, LARGEST).await.unwrap();
            let (frame, message) = framed.split_at(5);
            let len = u32::try_from(message.len()).unwrap();
            assert_eq!(frame[1..], len.to_be_bytes(), "one whole message");
            let path = head.uri.path().to_owned();
            calls
                .send(Call {
                    path,
                    headers: head.headers,
                    message: message.to_vec(),
                })
                .ok();
            answer(answers.lock().unwrap().pop_front().unwrap_or((0, "")))
        }
    })
}

/// An empty message followed by the status; an error has no message.
fn answer((code, message): Answer) -> Response<Body> {
    let mut status = HeaderMap::new();
    status.insert("grpc-status", u16::from(code).into());
    status.insert("grpc-message", message.parse().unwrap());
    let response = Response::builder().header("content-type", "application/grpc");
    if code == 0 {
        let body = Full::from(vec![0_u8; 5]).with_trailers(async { Some(Ok(status)) });
        return response.body(Body::new(body)).unwrap();
    }
    let mut response = response.body(Body::empty()).unwrap();
    response.headers_mut().extend(status);
    response
}
