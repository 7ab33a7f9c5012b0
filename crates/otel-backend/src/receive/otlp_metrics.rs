//! OTLP metrics: accepted, counted and dropped, over gRPC and HTTP (`POST /v1/metrics`).
//!
//! Many SDKs send metrics by default, and fill their terminals with errors if these are refused. So
//! they are accepted with a warning (a partial success without rejections), and the log names each
//! service once.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#partial-success>

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::post;
use http::HeaderMap;

use super::intake::Received;
use super::refusal::Refusal;
use super::{Intake, grpc, otlp_http};
use crate::config::Limits;
use crate::format::otlp::{self, Encoding, MetricsOutline, Signal};
use crate::format::weight;

/// The services whose metrics have been logged; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Services(Arc<Mutex<HashSet<String>>>);

const PATH: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

const NOT_KEPT: &str = "otel-backend keeps no metrics: set OTEL_METRICS_EXPORTER=none";

/// The most services that are logged.
const MAX_SERVICES: usize = 1000;

/// The longest part of a service's name that is kept, in characters.
const MAX_NAME: usize = 100;

/// The routes of the receiver.
pub fn router(services: &Services, over_http: Intake, over_grpc: Intake) -> Router {
    let (services, of_grpc) = (services.clone(), services.clone());
    Router::new()
        .route(
            "/v1/metrics",
            post(move |headers: HeaderMap, body: Body| {
                receive_http(services, over_http, headers, body)
            }),
        )
        .route(
            PATH,
            post(move |request: Request| receive_grpc(of_grpc, over_grpc, request)),
        )
}

async fn receive_http(
    services: Services,
    intake: Intake,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let encoding = match otlp_http::encoding(&headers) {
        Ok(encoding) => encoding,
        Err(refusal) => return otlp_http::refuse(&refusal, Encoding::Json),
    };
    let read = match encoding {
        Encoding::Protobuf => read_protobuf,
        Encoding::Json => read_json,
    };
    let dropped = drop_metrics(&services, &intake, intake.read(&headers, body), read).await;
    otlp_http::respond(encoding, dropped.map(|()| (None, warning(encoding))))
}

async fn receive_grpc(services: Services, intake: Intake, request: Request) -> Response {
    let received = grpc::read(&intake, request);
    let dropped = drop_metrics(&services, &intake, received, read_protobuf).await;
    grpc::respond(dropped.map(|()| (None, warning(Encoding::Protobuf))))
}

async fn drop_metrics(
    services: &Services,
    intake: &Intake,
    received: impl Future<Output = Result<Received, Refusal>>,
    read: fn(&[u8], &Limits) -> Result<MetricsOutline, Refusal>,
) -> Result<(), Refusal> {
    let outline = intake.look(received, read).await?;
    let metrics = intake.metrics();
    metrics.dropped_points(intake.protocol(), outline.points);
    for service in outline.services.iter().filter(|name| services.is_new(name)) {
        let service: String = service.chars().take(MAX_NAME).collect();
        tracing::warn!(
            service,
            "metrics are counted and dropped; to stop them, set OTEL_METRICS_EXPORTER=none for this \
             service"
        );
    }
    Ok(())
}

fn read_protobuf(bytes: &[u8], _limits: &Limits) -> Result<MetricsOutline, Refusal> {
    otlp::read_metrics(bytes).map_err(Refusal::malformed)
}

fn read_json(bytes: &[u8], limits: &Limits) -> Result<MetricsOutline, Refusal> {
    weight::check_json(bytes, limits.elements)?;
    otlp::read_metrics_json(bytes).map_err(Refusal::malformed)
}

fn warning(encoding: Encoding) -> Vec<u8> {
    otlp::export_response(encoding, Signal::Metrics, 0, NOT_KEPT)
}

impl Services {
    /// Returns true for a service that has not been seen before, and remembers it.
    fn is_new(&self, service: &str) -> bool {
        let service = service.chars().take(MAX_NAME).collect();
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        named.len() < MAX_SERVICES && named.insert(service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_named_once_and_not_without_end() {
        let services = Services::default();
        assert!(services.is_new("shop"));
        assert!(!services.is_new("shop"));
        let new = (0..2 * MAX_SERVICES).filter(|n| services.is_new(&n.to_string()));
        assert_eq!(new.count(), MAX_SERVICES - 1);
    }
}
