//! Jaeger's Thrift over HTTP: `POST /api/traces`.
//!
//! Spec: <https://www.jaegertracing.io/docs/latest/architecture/apis/#thrift-over-http-legacy>

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use jaeger_wire::DecodeError;
use jaeger_wire::thrift::binary;

use super::body::{self, BodyError, BodyLimits};
use super::{Intake, IntakeError, jaeger};
use crate::otlp::Decoded;

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("Unsupported content type: {0}")]
    ContentType(String),
    #[error("Unable to process request body: {0}")]
    Body(#[from] BodyError),
    #[error("Unable to process request body: {0}")]
    Decode(DecodeError),
    #[error("Cannot submit Jaeger batch: {0}")]
    Submit(String),
}

/// The routes of the receiver.
pub fn router(intake: Intake, limits: BodyLimits) -> Router {
    Router::new()
        .route("/api/traces", post(receive))
        .with_state((intake, limits))
}

async fn receive(
    State((intake, limits)): State<(Intake, BodyLimits)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refused> {
    check_content_type(&headers)?;
    let bytes = body::read(&headers, body, limits).await?;
    match intake.take(bytes, decode).await {
        Ok(accepted) => {
            accepted.log_rejected("Thrift over HTTP");
            Ok(StatusCode::ACCEPTED)
        }
        Err(IntakeError::Decode(reason)) => Err(Refused::Decode(reason)),
        Err(IntakeError::Append(reason)) => Err(Refused::Submit(reason.to_string())),
    }
}

fn decode(bytes: &[u8]) -> Result<Decoded<'_>, DecodeError> {
    binary::decode_batch(bytes).map(jaeger::from_thrift)
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refused> {
    let given = headers.get(CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
    let given = String::from_utf8_lossy(given);
    let essence = given.split(';').next().unwrap_or_default().trim();
    match essence {
        "application/x-thrift" | "application/vnd.apache.thrift.binary" => Ok(()),
        _ => Err(Refused::ContentType(given.into_owned())),
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let text = format!("{self}\n");
        match self {
            Self::ContentType(_) | Self::Decode(_) => {
                (StatusCode::BAD_REQUEST, text).into_response()
            }
            Self::Body(reason) => (reason.status(), text).into_response(),
            Self::Submit(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")], text).into_response()
            }
        }
    }
}
