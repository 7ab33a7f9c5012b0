//! Jaeger over gRPC: `CollectorService/PostSpans`.
//!
//! Spec: <https://github.com/jaegertracing/jaeger-idl/blob/main/proto/api_v2/collector.proto>

use axum::Router;
use jaeger_wire::api_v2::{POST_SPANS, decode_post_spans};

use super::Intake;
use super::grpc::{self, Method};
use super::intake::Decode;
use super::refusal::Refusal;
use crate::config::Limits;
use crate::format::{Decoded, jaeger, weight};

/// The routes of the receiver.
pub fn router(intake: Intake) -> Router {
    grpc::router(Method {
        path: POST_SPANS,
        intake,
        decode: Decode::Spans(decode),
        // `PostSpansResponse` has no fields.
        answer: |_| Vec::new(),
    })
}

fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Decoded<'a>, Refusal> {
    weight::check_protobuf(bytes, &jaeger::POST_SPANS, limits.elements)?;
    let batch = decode_post_spans(bytes).map_err(Refusal::malformed)?;
    Ok(jaeger::from_proto(batch))
}
