//! Runs one server and one client, and collects their spans.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use opentelemetry::trace::TraceId;
use opentelemetry_sdk::trace::SpanData;
use otel_auto::grpc::{Client, ServerLayer};
use test_kit::grpc::Raw;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::client::Grpc;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{GrpcMethod, Request, Response, Status, Streaming};

use crate::app::Greeter;
use crate::spans::{Trace, client_and_server};

/// A server, a client, and a trace of their own, which separates their spans from those of other
/// tests.
pub(crate) struct Test {
    pub(crate) address: SocketAddr,
    channel: Client<Channel>,
    trace: Trace,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Test {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = Server::builder()
            .accept_http1(true)
            .layer(ServerLayer::new())
            .add_service(Greeter)
            .serve_with_incoming_shutdown(TcpIncoming::from(listener), async {
                drop(stopped.await);
            });
        let server = tokio::spawn(async { server.await.unwrap() });
        Self {
            address,
            channel: channel(&endpoint(address)),
            trace: Trace::new(),
            stop,
            server,
        }
    }

    /// Like `start`, with a client that has a timeout.
    pub(crate) async fn with_timeout(timeout: Duration) -> Self {
        let test = Self::start().await;
        let channel = channel(&endpoint(test.address).timeout(timeout));
        Self { channel, ..test }
    }

    pub(crate) fn url(&self, method: &str) -> String {
        format!("http://{}/test.Greeter/{method}", self.address)
    }

    pub(crate) fn trace_id(&self) -> TraceId {
        self.trace.id
    }

    /// Makes a call in this test's trace, as a generated client does.
    pub(crate) async fn unary(&self, request: Request<Bytes>) -> Result<String, Status> {
        let call = async {
            let mut grpc = self.ready().await;
            grpc.unary(named(request, "Unary"), path("Unary"), Raw)
                .await
        };
        self.trace.run(call).await.map(text)
    }

    /// Calls a method that the generated client does not have.
    pub(crate) async fn other(&self, path: &'static str) -> Result<String, Status> {
        let call = async {
            let mut grpc = self.ready().await;
            let path = PathAndQuery::from_static(path);
            grpc.unary(message("hello"), path, Raw).await
        };
        self.trace.run(call).await.map(text)
    }

    pub(crate) async fn server_stream(&self, command: &str) -> Result<Streaming<Bytes>, Status> {
        let (request, path) = (message(command), path("ServerStream"));
        let call = async {
            let mut grpc = self.ready().await;
            let request = named(request, "ServerStream");
            grpc.server_streaming(request, path, Raw).await
        };
        self.trace.run(call).await.map(Response::into_inner)
    }

    pub(crate) async fn client_stream(&self) -> Result<String, Status> {
        let call = async {
            let mut grpc = self.ready().await;
            let request = named(Request::new(two_messages()), "ClientStream");
            grpc.client_streaming(request, path("ClientStream"), Raw)
                .await
        };
        self.trace.run(call).await.map(text)
    }

    pub(crate) async fn both_streams(&self) -> Result<Streaming<Bytes>, Status> {
        let call = async {
            let mut grpc = self.ready().await;
            let request = named(Request::new(two_messages()), "BothStreams");
            grpc.streaming(request, path("BothStreams"), Raw).await
        };
        self.trace.run(call).await.map(Response::into_inner)
    }

    async fn ready(&self) -> Grpc<Client<Channel>> {
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready().await.unwrap();
        grpc
    }

    /// Stops the server, which ends its spans, and returns the spans of this test.
    pub(crate) async fn finish(self) -> Vec<SpanData> {
        drop((self.channel, self.stop));
        self.server.await.unwrap();
        self.trace.finished()
    }

    /// The client span and the server span; there must be no others.
    pub(crate) async fn spans(self) -> (SpanData, SpanData) {
        client_and_server(self.finish().await)
    }
}

pub(crate) fn endpoint(address: SocketAddr) -> Endpoint {
    format!("http://{address}").parse().unwrap()
}

pub(crate) fn channel(endpoint: &Endpoint) -> Client<Channel> {
    Client::new(endpoint.connect_lazy(), endpoint.uri())
}

pub(crate) fn message(command: &str) -> Request<Bytes> {
    Request::new(Bytes::copy_from_slice(command.as_bytes()))
}

/// Marks the called method, as generated clients do.
pub(crate) fn named<T>(mut request: Request<T>, method: &'static str) -> Request<T> {
    let method = GrpcMethod::new("test.Greeter", method);
    request.extensions_mut().insert(method);
    request
}

pub(crate) fn path(method: &str) -> PathAndQuery {
    format!("/test.Greeter/{method}").parse().unwrap()
}

fn two_messages() -> impl tokio_stream::Stream<Item = Bytes> {
    tokio_stream::iter([Bytes::from_static(b"one"), Bytes::from_static(b"two")])
}

fn text(response: Response<Bytes>) -> String {
    String::from_utf8(response.into_inner().to_vec()).unwrap()
}
