//! The servers, and the requests that they answer.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path};
use axum::http::Request;
use axum::http::request::Builder;
use axum::routing::get;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use http_body_util::BodyExt;
use opentelemetry_instrumentation_tower::http;
use tonic::service::Routes;
use tonic_health::server::health_reporter;
use tonic_tracing_opentelemetry::middleware::server::OtelGrpcLayer;
use tower::Service;
use tower::layer::util::Identity;
use tracing::Level;

use crate::subject::{Protocol, Scenario, Subject};

/// The request's head without `traceparent`, which goes between [`HEAD`] and [`END`] if the request
/// continues a trace.
pub(crate) const HEAD: &str = "GET /users/7?name=a HTTP/1.1\r\nhost: localhost:8082\r\n\
                               user-agent: http-bench\r\naccept: */*\r\n";
pub(crate) const END: &str = "\r\n";
pub(crate) const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A request for the status of the whole server.
const CHECK: &str = "/grpc.health.v1.Health/Check";
/// An empty message: a flag, and a length of zero.
const EMPTY: [u8; 5] = [0; 5];
/// The message that says that it serves.
const SERVING: [u8; 7] = [0, 0, 0, 0, 2, 8, 1];

/// One route, or one method, under the middleware of `subject`.
pub(crate) fn router(subject: Subject) -> Router {
    let pages = || Router::new().route("/users/{id}", get(async |id: Path<u32>| id.0.to_string()));
    let calls = || Routes::new(health_reporter().1).into_axum_router();
    match subject {
        Subject::Bare => pages(),
        Subject::EmptyLayer => pages().layer(Identity::new()),
        Subject::OtelAuto => pages().layer(otel_auto::http::ServerLayer::new()),
        Subject::InstrumentationTower => pages().layer(http::server::Layer::new()),
        Subject::AxumTracing => pages().layer(OtelAxumLayer::default()),
        Subject::TowerOtel => pages().layer(tower_otel::trace::HttpLayer::server(Level::INFO)),
        Subject::BareTonic => calls(),
        Subject::EmptyTonicLayer => calls().layer(Identity::new()),
        Subject::OtelAutoTonic => calls().layer(otel_auto::grpc::ServerLayer::new()),
        Subject::TonicTracing => calls().layer(OtelGrpcLayer::default()),
    }
}

/// Sends one request through `router`, without a network, and reads the answer.
pub(crate) async fn ask(router: &mut Router, protocol: Protocol, scenario: Scenario) {
    let (request, body, expected) = match protocol {
        Protocol::Http => (page(), Body::empty(), &b"7"[..]),
        Protocol::Grpc => (call(), Bytes::from_static(&EMPTY).into(), &SERVING[..]),
    };
    let request = with_peer(request, scenario).body(body);
    let answer = router.call(request.expect("a request")).await;
    let body = answer.expect("an answer").into_body().collect().await;
    assert_eq!(body.expect("a body").to_bytes(), expected);
}

fn page() -> Builder {
    Request::get("/users/7?name=a")
        .header("host", "localhost:8082")
        .header("user-agent", "http-bench")
        .header("accept", "*/*")
}

fn call() -> Builder {
    Request::post(format!("http://localhost:8082{CHECK}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("user-agent", "http-bench")
}

fn with_peer(mut request: Builder, scenario: Scenario) -> Builder {
    if scenario == Scenario::Continued {
        request = request.header("traceparent", TRACEPARENT);
    }
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000));
    request.extension(ConnectInfo(peer))
}
