//! Sample: an HTTP client whose request is part of the same trace as the server's answer.
//!
//! Environment variables decide where the spans go: `OTEL_SERVICE_NAME=my-client
//! OTEL_TRACES_EXPORTER=jaeger_thrift,console automatic-client testing`.

use std::env;

use anyhow::{Context, ensure};
use otel_auto::http::Client;
use reqwest::Url;
use tracing::instrument;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let telemetry = otel_auto::init();

    let param = env::args()
        .nth(1)
        .context("usage: automatic-client PARAM, for example: automatic-client testing")?;
    let result = client(&param).await;

    telemetry.shutdown();
    result
}

#[instrument(name = "client", skip_all)]
async fn client(param: &str) -> anyhow::Result<()> {
    client_server(param).await
}

#[instrument(name = "client-server", skip_all)]
async fn client_server(param: &str) -> anyhow::Result<()> {
    let server = env::var("SERVER_URL").unwrap_or_else(|_| "http://localhost:8082".to_owned());
    let url = Url::parse_with_params(&format!("{server}/server_request"), [("param", param)])
        .context("SERVER_URL is not a URL such as http://localhost:8082")?;

    // Sends `traceparent`, so that the server's span becomes a child of this request's span.
    let http = Client::new(reqwest::Client::new());
    let response = http
        .get(url)
        .send()
        .await
        .context("cannot reach the server; SERVER_URL names another")?;

    ensure!(
        response.status().is_success(),
        "{} answered {}",
        response.url(),
        response.status()
    );
    Ok(())
}
