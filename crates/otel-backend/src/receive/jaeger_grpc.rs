//! Jaeger over gRPC: `CollectorService/PostSpans`.
//!
//! Spec: <https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/collector.proto>

use axum::Router;
use bytes::Bytes;
use jaeger_wire::DecodeError;
use jaeger_wire::api_v2::{POST_SPANS, decode_post_spans};
use tonic::Status;

use super::body::BodyLimits;
use super::grpc::{self, Method, status_of};
use super::{Intake, jaeger};
use crate::otlp::Decoded;

/// The routes of the receiver.
pub fn router(intake: Intake, limits: BodyLimits) -> Router {
    grpc::router(POST_SPANS, PostSpans(intake), limits)
}

#[derive(Clone)]
struct PostSpans(Intake);

impl Method for PostSpans {
    async fn call(&self, message: Bytes) -> Result<Bytes, Status> {
        let accepted = self.0.take(message, decode).await;
        let accepted = accepted.map_err(|error| status_of(&error))?;
        accepted.log_rejected("Jaeger gRPC");
        // `PostSpansResponse` has no fields.
        Ok(Bytes::new())
    }
}

fn decode(bytes: &[u8]) -> Result<Decoded<'_>, DecodeError> {
    decode_post_spans(bytes).map(jaeger::from_proto)
}
