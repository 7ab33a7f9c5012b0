//! Jaeger's query APIs over gRPC, with reflection and health checks.
//!
//! The services and their messages are generated from the files in `proto`, as a test checks. Spans
//! are not generated types: they are sent in the bytes that the rest of the program writes.

mod encoded;
mod generated;
mod params;
mod stream;
mod v2;
mod v3;

use axum::Router;
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_reflection::server::{Builder, Error as ReflectionError};

use super::common::grpc::serve;
use crate::query::Query;
use generated::jaeger::{api_v2, api_v3};

/// A service of Jaeger's whose health clients may check. It is not served, since metrics are
/// available over HTTP only.
const METRICS: &str = "jaeger.api_v2.metrics.MetricsQueryService";

/// All services. Reflection also describes the services in `others`.
pub(super) async fn router(query: Query, others: &'static [u8]) -> Router {
    let v2 = api_v2::query_service_server::QueryServiceServer::new(v2::Service(query.clone()));
    let v3 = api_v3::query_service_server::QueryServiceServer::new(v3::Service(query));
    let (reporter, health) = tonic_health::server::health_reporter();
    for service in [name(&v2), name(&v3)] {
        let serving = reporter.set_service_status(service, ServingStatus::Serving);
        serving.await;
    }
    let disabled = reporter.set_service_status(METRICS, ServingStatus::NotServing);
    disabled.await;
    let router = serve(Router::new(), v2);
    let router = serve(router, v3);
    let router = serve(router, health);
    let router = match reflection(others).build_v1() {
        Ok(service) => serve(router, service),
        Err(error) => without_reflection(router, &error),
    };
    match reflection(others).build_v1alpha() {
        Ok(service) => serve(router, service),
        Err(error) => without_reflection(router, &error),
    }
}

fn reflection(others: &'static [u8]) -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(generated::DESCRIPTORS)
        .register_encoded_file_descriptor_set(others)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

fn name<S: NamedService>(_: &S) -> &'static str {
    S::NAME
}

/// The reflection data is compiled in, so a failure would appear in every test.
fn without_reflection(router: Router, error: &ReflectionError) -> Router {
    tracing::error!(%error, "gRPC reflection is off");
    router
}
