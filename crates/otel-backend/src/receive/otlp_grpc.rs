//! OTLP over gRPC: `TraceService/Export` and `LogsService/Export`.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc>

use axum::Router;

use super::accepted::Accepted;
use super::grpc::{self, Method};
use super::intake::Decode;
use super::{Intake, otlp_http};
use crate::format::otlp::Encoding;

/// The routes of the receiver.
pub fn router(intake: Intake) -> Router {
    let answer = |accepted: &Accepted| accepted.export_response(Encoding::Protobuf);
    let traces = Method {
        path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        intake: intake.clone(),
        decode: Decode::Spans(otlp_http::decode_protobuf),
        answer,
    };
    let logs = Method {
        path: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        intake,
        decode: Decode::Logs(otlp_http::decode_protobuf_logs),
        answer,
    };
    grpc::router(traces).merge(grpc::router(logs))
}
