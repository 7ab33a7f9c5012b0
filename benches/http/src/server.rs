//! The server, and the request that it answers.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path};
use axum::http::Request;
use axum::routing::get;
use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use http_body_util::BodyExt;
use opentelemetry_instrumentation_tower::http;
use tower::Service;
use tower::layer::util::Identity;
use tracing::Level;

use crate::subject::{Scenario, Subject};

/// The request's head without `traceparent`, which goes between [`HEAD`] and [`END`] if the request
/// continues a trace.
pub(crate) const HEAD: &str = "GET /users/7?name=a HTTP/1.1\r\nhost: localhost:8082\r\n\
                               user-agent: http-bench\r\naccept: */*\r\n";
pub(crate) const END: &str = "\r\n";
pub(crate) const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// One route under the middleware of `subject`.
pub(crate) fn router(subject: Subject) -> Router {
    let router = Router::new().route("/users/{id}", get(async |id: Path<u32>| id.0.to_string()));
    match subject {
        Subject::Bare => router,
        Subject::EmptyLayer => router.layer(Identity::new()),
        Subject::OtelAuto => router.layer(otel_auto::http::ServerLayer::new()),
        Subject::InstrumentationTower => router.layer(http::server::Layer::new()),
        Subject::AxumTracing => router.layer(OtelAxumLayer::default()),
        Subject::TowerOtel => router.layer(tower_otel::trace::HttpLayer::server(Level::INFO)),
    }
}

/// Sends one request through `router`, without a network, and reads the answer.
pub(crate) async fn ask(router: &mut Router, scenario: Scenario) {
    let answer = router.call(request(scenario)).await;
    let body = answer.expect("an answer").into_body().collect().await;
    assert_eq!(body.expect("a body").to_bytes(), "7");
}

fn request(scenario: Scenario) -> Request<Body> {
    let mut request = Request::get("/users/7?name=a")
        .header("host", "localhost:8082")
        .header("user-agent", "http-bench")
        .header("accept", "*/*");
    if scenario == Scenario::Continued {
        request = request.header("traceparent", TRACEPARENT);
    }
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000));
    let request = request.extension(ConnectInfo(peer)).body(Body::empty());
    request.expect("a request")
}
