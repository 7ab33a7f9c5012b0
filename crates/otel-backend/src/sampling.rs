//! Remote sampling, for Jaeger's clients and OpenTelemetry's `jaeger_remote` samplers.
//!
//! It is served over HTTP on any path (`/sampling?service=shop`), and over gRPC
//! (`SamplingManager/GetSamplingStrategy`).
//!
//! Spec: <https://www.jaegertracing.io/docs/latest/architecture/apis/#remote-sampling-configuration>

mod answer;
mod file;
mod generated;
mod strategy;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query as Params, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tonic::{Request, Status};

use file::File;
pub use file::SamplingError;
use generated::sampling_manager_server::{SamplingManager, SamplingManagerServer};
use generated::{SamplingStrategyParameters, SamplingStrategyResponse};
use strategy::Strategies;

/// The parameters of a request; names may repeat.
type Pairs = Vec<(String, String)>;

const GET_STRATEGY: &str = "/jaeger.api_v2.SamplingManager/GetSamplingStrategy";

/// The largest gRPC request in bytes; it holds only a name.
const MAX_REQUEST: usize = 64 * 1024;

/// The sampling strategies; clones share them.
#[derive(Debug, Clone)]
pub struct Sampling(Arc<Source>);

#[derive(Debug)]
enum Source {
    /// Samples every trace of every service.
    All(Arc<Strategies>),
    /// The strategies of a file, which is read again when it changes.
    File(File),
}

impl Sampling {
    /// Loads the strategies of `file`; without a file, everything is sampled.
    ///
    /// # Errors
    /// [`SamplingError`] if the file cannot be read or is invalid.
    pub fn new(file: Option<PathBuf>) -> Result<Self, SamplingError> {
        Ok(Self(Arc::new(match file {
            None => Source::All(Arc::default()),
            Some(path) => Source::File(File::open(path)?),
        })))
    }

    /// The current strategies.
    async fn strategies(&self) -> Arc<Strategies> {
        let this = Arc::clone(&self.0);
        let current = move || match this.as_ref() {
            Source::All(strategies) => Arc::clone(strategies),
            Source::File(file) => file.current(),
        };
        // The file may be on a slow disk.
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

/// The gRPC route alone, which Jaeger's collector has on the port for spans.
pub fn grpc_router(sampling: Sampling) -> Router {
    let service = SamplingManagerServer::new(sampling).max_decoding_message_size(MAX_REQUEST);
    Router::new().route_service(GET_STRATEGY, service)
}

async fn over_http(State(sampling): State<Sampling>, Params(pairs): Params<Pairs>) -> Response {
    let services: Vec<_> = pairs.iter().filter(|(key, _)| key == "service").collect();
    let [(_, service)] = services.as_slice() else {
        let text = "'service' parameter must be provided once\n";
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    let strategies = sampling.strategies().await;
    let body = answer::json(strategies.of(service)).to_string();
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

#[tonic::async_trait]
impl SamplingManager for Sampling {
    async fn get_sampling_strategy(
        &self,
        request: Request<SamplingStrategyParameters>,
    ) -> Result<tonic::Response<SamplingStrategyResponse>, Status> {
        let service = request.into_inner().service_name;
        let strategies = self.strategies().await;
        let answer = answer::protobuf(strategies.of(&service));
        Ok(tonic::Response::new(answer))
    }
}
