//! Sample: an HTTP server whose requests are traced with one line and one layer.
//!
//! Environment variables decide where the spans go: `OTEL_SERVICE_NAME=my-server
//! OTEL_TRACES_EXPORTER=jaeger_thrift,console automatic-server`.

use std::{collections::HashMap, env, net::SocketAddr};

use anyhow::Context;
use axum::{Router, extract::Query, routing::get};
use otel_auto::http::ServerLayer;
use tokio::net::TcpListener;

async fn server_request(Query(query): Query<HashMap<String, String>>) -> &'static str {
    println!("{}", query.get("param").map_or("", String::as_str));
    "served"
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let telemetry = otel_auto::init();

    let app = Router::new()
        .route("/server_request", get(server_request))
        .layer(ServerLayer::new())
        // Added after the layer, so it is not traced: health checks come every second and would
        // only be noise.
        .route("/health", get(|| async { "ok" }));

    let address = env::var("SERVER_ADDR").unwrap_or_else(|_| "127.0.0.1:8082".to_owned());
    let listener = TcpListener::bind(&address)
        .await
        .with_context(|| format!("cannot listen on {address}; SERVER_ADDR moves the server"))?;
    println!(" * Running on http://{}", listener.local_addr()?);

    // The peer's address becomes an attribute of the span.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app)
        .with_graceful_shutdown(otel_auto::shutdown_signal())
        .await?;

    telemetry.shutdown();
    Ok(())
}
