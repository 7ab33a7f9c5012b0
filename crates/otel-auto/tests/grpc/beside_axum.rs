//! Tests axum and tonic in one program, each with its own layer.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tonic::client::Grpc;
use tonic::service::Routes;

use crate::app::Greeter;
use crate::harness::{channel, endpoint, message, named, path};
use crate::spans::{Trace, attribute};

#[tokio::test]
async fn both_are_served_by_one_port_and_each_makes_its_own_spans() {
    let pages = Router::new()
        .route("/pages/{id}", get(async || "a page"))
        .layer(otel_auto::http::ServerLayer::new());
    let calls = Routes::new(Greeter)
        .into_axum_router()
        .reset_fallback()
        .layer(otel_auto::grpc::ServerLayer::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = pages.merge(calls);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async { axum::serve(listener, service).await });
    let trace = Trace::new();

    let url = format!("http://{address}/pages/7");
    let parent = format!("00-{}-0000000000000001-01", trace.id);
    let request = reqwest::Client::new()
        .get(url)
        .header("traceparent", parent);
    assert_eq!(
        request.send().await.unwrap().text().await.unwrap(),
        "a page"
    );

    let call = async {
        let mut grpc = Grpc::new(channel(&endpoint(address)));
        grpc.ready().await.unwrap();
        let request = named(message("hello"), "Unary");
        grpc.unary(request, path("Unary"), test_kit::grpc::Raw)
            .await
    };
    trace.run(call).await.unwrap();

    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
    let spans = trace.finished();
    let page = spans.iter().find(|span| span.name == "GET /pages/{id}");
    let page = page.unwrap();
    assert_eq!(attribute(page, "http.response.status_code"), "200");
    let calls = spans
        .iter()
        .filter(|span| span.name == "test.Greeter/Unary");
    let calls: Vec<_> = calls.collect();
    let [client, server] = calls[..] else {
        panic!("{spans:?}");
    };
    for span in [client, server] {
        assert_eq!(attribute(span, "rpc.response.status_code"), "OK");
    }
    assert!(
        calls
            .iter()
            .any(|span| attribute(span, "network.peer.address") == "127.0.0.1")
    );
}

#[tokio::test]
async fn a_request_that_is_not_grpc_passes_through() {
    let test = crate::Test::start().await;
    let url = test.url("Unary");
    let parent = format!("00-{}-0000000000000001-01", test.trace_id());
    let request = reqwest::Client::new()
        .get(url)
        .header("traceparent", parent);
    assert_ne!(request.send().await.unwrap().status(), 500);
    assert!(test.finish().await.is_empty());
}
