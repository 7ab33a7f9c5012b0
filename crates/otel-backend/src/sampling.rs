//! Remote sampling: what Jaeger's clients, and OpenTelemetry's `jaeger_remote` samplers, ask for.
//!
//! Over HTTP on any path (`/sampling?service=shop`), and over gRPC
//! (`SamplingManager/GetSamplingStrategy`).
//!
//! Spec: <https://www.jaegertracing.io/docs/latest/architecture/apis/#remote-sampling-configuration>

mod answer;
mod file;
mod strategy;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::otlp::messages;
use crate::receive::grpc;
use file::File;
pub use file::SamplingError;
use strategy::Strategies;

const GET_STRATEGY: &str = "/jaeger.api_v2.SamplingManager/GetSamplingStrategy";

/// Bytes of a request over gRPC, which holds one name.
const MAX_REQUEST: usize = 64 * 1024;

/// What is to be sampled; clones share it.
#[derive(Debug, Clone)]
pub struct Sampling(Arc<Source>);

#[derive(Debug)]
enum Source {
    /// Everything, always.
    All(Arc<Strategies>),
    /// As a file says, which is read again when it has changed.
    File(File),
}

impl Sampling {
    /// Samples everything, or as the file says.
    ///
    /// # Errors
    /// [`SamplingError`] if the file cannot be read or is not what it should be.
    pub fn new(file: Option<PathBuf>) -> Result<Self, SamplingError> {
        Ok(Self(Arc::new(match file {
            None => Source::All(Arc::default()),
            Some(path) => Source::File(File::open(path)?),
        })))
    }

    /// What is in force now.
    async fn strategies(&self) -> Arc<Strategies> {
        let this = Arc::clone(&self.0);
        let current = move || match this.as_ref() {
            Source::All(strategies) => Arc::clone(strategies),
            Source::File(file) => file.current(),
        };
        // A file may lie on a slow disk.
        tokio::task::spawn_blocking(current)
            .await
            .unwrap_or_default()
    }
}

/// The routes over HTTP and gRPC.
pub fn router(sampling: Sampling) -> Router {
    let http = Router::new()
        .fallback(any(over_http))
        .with_state(sampling.clone());
    http.merge(grpc_router(sampling))
}

/// The route over gRPC alone, which Jaeger's collector has beside the one for spans.
pub fn grpc_router(sampling: Sampling) -> Router {
    Router::new()
        .route(GET_STRATEGY, post(over_grpc))
        .with_state(sampling)
}

async fn over_http(State(sampling): State<Sampling>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let services: Vec<_> = form(&query).filter(|(key, _)| key == "service").collect();
    let [(_, service)] = services.as_slice() else {
        let text = "'service' parameter must be provided once\n";
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    let strategies = sampling.strategies().await;
    let body = answer::json(strategies.of(service)).to_string();
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

fn form(query: &str) -> impl Iterator<Item = (String, String)> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text)
            .decode_utf8_lossy()
            .into_owned()
    };
    query.split('&').map(move |pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key), decode(value))
    })
}

async fn over_grpc(State(sampling): State<Sampling>, request: Request) -> Response {
    match grpc::read_message(request, MAX_REQUEST).await {
        Err(refusal) => refusal,
        Ok(message) => {
            let service = messages(&message).filter(|(number, _)| *number == 1).last();
            let service = String::from_utf8_lossy(service.map_or(&[], |(_, name)| name));
            let strategies = sampling.strategies().await;
            grpc::answer(&answer::protobuf(strategies.of(&service)))
        }
    }
}
