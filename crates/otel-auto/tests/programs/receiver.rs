//! A backend that receives OTLP and keeps the requests.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::Listener;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Server, ServerTlsConfig};

/// The answer of the receiver.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    Accept,
    /// Accepts all spans but this many.
    Reject(i64),
    Status(u16),
    /// Never answers.
    Hang,
}

/// A request as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) spans: Vec<String>,
    pub(crate) logs: Vec<LogRecord>,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    /// Starts a receiver of HTTP, which answers in protobuf or JSON like the request.
    pub(crate) async fn http(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self::serve(listener, address, answer)
    }

    /// Starts a receiver of HTTP on a listener of any kind.
    pub(crate) fn http_on(listener: impl Listener<Addr: Debug>, address: SocketAddr) -> Self {
        Self::serve(listener, address, Answer::Accept)
    }

    pub(crate) async fn grpc(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::serve_grpc(Server::builder(), listener, answer)
    }

    /// Starts a receiver of gRPC that also answers HTTP/1: with status 200, and gRPC's status in
    /// the headers.
    pub(crate) async fn grpc_over_http1() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::builder().accept_http1(true);
        Self::serve_grpc(server, listener, Answer::Accept)
    }

    pub(crate) fn grpc_over_tls(listener: TcpListener, tls: ServerTlsConfig) -> Self {
        let server = Server::builder().tls_config(tls).unwrap();
        Self::serve_grpc(server, listener, Answer::Accept)
    }

    fn serve(listener: impl Listener<Addr: Debug>, address: SocketAddr, answer: Answer) -> Self {
        let requests: Arc<Mutex<Vec<Received>>> = Arc::default();
        let kept = Arc::clone(&requests);
        let (thrift, logged) = (Arc::clone(&requests), Arc::clone(&requests));
        let app = Router::new()
            .route(
                "/v1/traces",
                post(async move |headers: HeaderMap, body: Bytes| {
                    let json = headers["content-type"] == "application/json";
                    let spans = names(decode(&headers, &body, json));
                    let logs = Vec::new();
                    kept.lock().unwrap().push(Received {
                        headers,
                        spans,
                        logs,
                    });
                    respond(answer, json).await
                }),
            )
            .route(
                "/v1/logs",
                post(async move |headers: HeaderMap, body: Bytes| {
                    let json = headers["content-type"] == "application/json";
                    let logs = records(decode(&headers, &body, json));
                    let spans = Vec::new();
                    logged.lock().unwrap().push(Received {
                        headers,
                        spans,
                        logs,
                    });
                    // An empty message is a valid answer in both encodings.
                    if json { "{}" } else { "" }
                }),
            )
            .route(
                "/api/traces",
                post(async move |headers: HeaderMap, body: Bytes| {
                    let batch = jaeger_wire::thrift::binary::decode_batch(&body).unwrap();
                    let names = batch
                        .spans
                        .iter()
                        .map(|span| span.operation_name.to_string());
                    let spans = names.collect();
                    let logs = Vec::new();
                    thrift.lock().unwrap().push(Received {
                        headers,
                        spans,
                        logs,
                    });
                    StatusCode::ACCEPTED
                }),
            );
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, requests }
    }

    fn serve_grpc(mut server: Server, listener: TcpListener, answer: Answer) -> Self {
        let requests: Arc<Mutex<Vec<Received>>> = Arc::default();
        let service = TraceServiceServer::new(Grpc(Arc::clone(&requests), answer))
            .accept_compressed(tonic::codec::CompressionEncoding::Gzip);
        let address = listener.local_addr().unwrap();
        let server = server.add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        Self { address, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.requests.lock().unwrap().clone()
    }

    /// The names of all spans, in order of arrival.
    pub(crate) fn span_names(&self) -> Vec<String> {
        self.requests()
            .into_iter()
            .flat_map(|request| request.spans)
            .collect()
    }
}

fn records(request: ExportLogsServiceRequest) -> Vec<LogRecord> {
    request
        .resource_logs
        .into_iter()
        .flat_map(|resource| resource.scope_logs)
        .flat_map(|scope| scope.log_records)
        .collect()
}

fn names(request: ExportTraceServiceRequest) -> Vec<String> {
    request
        .resource_spans
        .into_iter()
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans)
        .map(|span| span.name)
        .collect()
}

fn decode<T>(headers: &HeaderMap, body: &[u8], json: bool) -> T
where
    T: Message + Default + serde::de::DeserializeOwned,
{
    let mut plain = body.to_vec();
    if headers.get("content-encoding").is_some_and(|e| e == "gzip") {
        plain.clear();
        let mut decoder = flate2::read::GzDecoder::new(body);
        std::io::Read::read_to_end(&mut decoder, &mut plain).unwrap();
    }
    if json {
        serde_json::from_slice(&plain).unwrap()
    } else {
        Message::decode(plain.as_slice()).unwrap()
    }
}

async fn respond(answer: Answer, json: bool) -> Response {
    match answer {
        Answer::Accept | Answer::Reject(_) => {}
        Answer::Status(code) => return StatusCode::from_u16(code).unwrap().into_response(),
        Answer::Hang => std::future::pending().await,
    }
    let partial_success = partial_success(answer);
    let response = ExportTraceServiceResponse { partial_success };
    if json {
        serde_json::to_vec(&response).unwrap().into_response()
    } else {
        response.encode_to_vec().into_response()
    }
}

fn partial_success(answer: Answer) -> Option<ExportTracePartialSuccess> {
    let Answer::Reject(rejected_spans) = answer else {
        return None;
    };
    Some(ExportTracePartialSuccess {
        rejected_spans,
        error_message: "too old".to_owned(),
    })
}

struct Grpc(Arc<Mutex<Vec<Received>>>, Answer);

#[tonic::async_trait]
impl TraceService for Grpc {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let (metadata, _, body) = request.into_parts();
        let headers = metadata.into_headers();
        let spans = names(body);
        let logs = Vec::new();
        self.0.lock().unwrap().push(Received {
            headers,
            spans,
            logs,
        });
        let partial_success = partial_success(self.1);
        Ok(tonic::Response::new(ExportTraceServiceResponse {
            partial_success,
        }))
    }
}
