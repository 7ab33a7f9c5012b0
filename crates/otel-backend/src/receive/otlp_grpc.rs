//! OTLP over gRPC: `TraceService/Export`.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc>

use axum::Router;

use super::grpc::{self, Method};
use super::{Intake, otlp_http};
use crate::format::otlp::{Encoding, Signal, export_response};

/// The routes of the receiver.
pub fn router(intake: Intake) -> Router {
    grpc::router(Method {
        path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        intake,
        decode: otlp_http::decode_protobuf,
        answer: |accepted| {
            let (rejected, reason) = (accepted.rejected, accepted.reason());
            export_response(Encoding::Protobuf, Signal::Traces, rejected, &reason)
        },
    })
}
