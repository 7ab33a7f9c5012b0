//! Sends one request from an instrumented client to an instrumented server.
//!
//! ```sh
//! OTEL_TRACES_EXPORTER=console cargo run -p otel-auto --example request
//! ```

use axum::Router;
use axum::routing::get;
use otel_auto::http::{Client, ServerLayer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = otel_auto::init();
    let answer = get(async || ([("x-answer", "secret answer")], "hello"));
    let app: Router = Router::new()
        .route("/hello", answer)
        .layer(ServerLayer::new());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hello", listener.local_addr()?);
    let server = tokio::spawn(async { axum::serve(listener, app).await });

    let client = Client::new(reqwest::Client::new());
    let request = client.get(url).header("x-question", "secret question");
    let answer = request.send().await?;
    let traceresponse = answer.headers().get("traceresponse");
    eprintln!("traceresponse: {}", traceresponse.is_some());
    eprintln!("{}", answer.text().await?);

    // Closing the connection ends the server's span.
    drop(client);
    server.abort();
    server.await.ok();
    telemetry.shutdown();
    Ok(())
}
