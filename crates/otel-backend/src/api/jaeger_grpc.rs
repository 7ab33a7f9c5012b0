//! Jaeger's query APIs over gRPC, with reflection and health.
//!
//! The services and their messages are generated from the files in `proto`; a test proves it. Spans
//! are not generated: they leave in the bytes in which the rest of the program writes them.

mod encoded;
mod generated;
mod params;
mod stream;
mod v2;
mod v3;

use std::convert::Infallible;

use axum::Router;
use axum::response::IntoResponse;
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_reflection::server::{Builder, Error as ReflectionError};
use tower::Service;

use crate::query::Query;
use generated::jaeger::{api_v2, api_v3};

/// A service of Jaeger's whose health clients may ask for. It is not served: metrics are answered over
/// HTTP alone.
const METRICS: &str = "jaeger.api_v2.metrics.MetricsQueryService";

/// All services.
pub async fn router(query: Query) -> Router {
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
    let router = match reflection().build_v1() {
        Ok(service) => serve(router, service),
        Err(error) => without_reflection(router, &error),
    };
    match reflection().build_v1alpha() {
        Ok(service) => serve(router, service),
        Err(error) => without_reflection(router, &error),
    }
}

fn reflection() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(generated::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

fn name<S: NamedService>(_: &S) -> &'static str {
    S::NAME
}

fn serve<S>(router: Router, service: S) -> Router
where
    S: Service<axum::extract::Request, Error = Infallible>
        + NamedService
        + Clone
        + Send
        + Sync
        + 'static,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    router.route_service(&format!("/{}/{{method}}", S::NAME), service)
}

/// Reflection describes what is compiled in, so a failure would show in every test.
fn without_reflection(router: Router, error: &ReflectionError) -> Router {
    tracing::error!(%error, "gRPC reflection is off");
    router
}
