//! OTLP over gRPC: `TraceService/Export`.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc>

use axum::Router;
use bytes::Bytes;
use tonic::Status;

use super::Intake;
use super::body::BodyLimits;
use super::grpc::{self, Method, status_of};
use crate::otlp::{self, Encoding};

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// The routes of the receiver.
pub fn router(intake: Intake, limits: BodyLimits) -> Router {
    grpc::router(EXPORT, Export(intake), limits)
}

#[derive(Clone)]
struct Export(Intake);

impl Method for Export {
    async fn call(&self, message: Bytes) -> Result<Bytes, Status> {
        let accepted = self.0.take(message, otlp::decode_traces).await;
        let rejected = accepted.map_err(|error| status_of(&error))?.rejected;
        let answer = otlp::export_response(Encoding::Protobuf, rejected.count, &rejected.reason());
        Ok(answer.into())
    }
}
