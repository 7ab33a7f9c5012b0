//! OTLP over HTTP: `POST /v1/traces`, protobuf and JSON.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

use super::body::{self, BodyError, BodyLimits};
use super::{Intake, IntakeError};
use crate::otlp::{self, Encoding};
use crate::store::AppendError;

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("content type '{0}' is not supported: use application/x-protobuf or application/json")]
    ContentType(String),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("{0}")]
    Decode(String),
    #[error(transparent)]
    Append(AppendError),
}

/// The routes of the receiver.
pub fn router(intake: Intake, limits: BodyLimits) -> Router {
    Router::new()
        .route("/v1/traces", post(receive))
        .with_state((intake, limits))
}

async fn receive(
    State((intake, limits)): State<(Intake, BodyLimits)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let given = headers.get(CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
    let given = String::from_utf8_lossy(given);
    let Some(encoding) = Encoding::of_content_type(&given) else {
        return Refused::ContentType(given.into_owned()).answer(Encoding::Json);
    };
    match take(&intake, limits, encoding, &headers, body).await {
        Ok(answer) => ([(CONTENT_TYPE, encoding.content_type())], answer).into_response(),
        Err(refused) => refused.answer(encoding),
    }
}

async fn take(
    intake: &Intake,
    limits: BodyLimits,
    encoding: Encoding,
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<u8>, Refused> {
    let bytes = body::read(headers, body, limits).await?;
    let accepted = match encoding {
        Encoding::Protobuf => intake.take(bytes, otlp::decode_traces).await?,
        Encoding::Json => intake.take(bytes, otlp::decode_json).await?,
    };
    Ok(otlp::export_response(
        encoding,
        accepted.rejected.count,
        &accepted.rejected.reason(),
    ))
}

impl<E: std::fmt::Display> From<IntakeError<E>> for Refused {
    fn from(error: IntakeError<E>) -> Self {
        match error {
            IntakeError::Decode(reason) => Self::Decode(reason.to_string()),
            IntakeError::Append(reason) => Self::Append(reason),
        }
    }
}

impl Refused {
    /// The HTTP status and the gRPC code that goes with it in the body.
    fn codes(&self) -> (StatusCode, u8) {
        match self {
            Self::ContentType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, 3),
            Self::Body(reason) => match reason.status() {
                status @ StatusCode::PAYLOAD_TOO_LARGE => (status, 8),
                status => (status, 3),
            },
            Self::Decode(_) => (StatusCode::BAD_REQUEST, 3),
            Self::Append(AppendError::Busy) => (StatusCode::TOO_MANY_REQUESTS, 8),
            Self::Append(_) => (StatusCode::SERVICE_UNAVAILABLE, 14),
        }
    }

    fn answer(self, encoding: Encoding) -> Response {
        let (status, code) = self.codes();
        let body = otlp::status(encoding, code, &self.to_string());
        let content_type = [(CONTENT_TYPE, encoding.content_type())];
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                (status, content_type, [(RETRY_AFTER, "1")], body).into_response()
            }
            _ => (status, content_type, body).into_response(),
        }
    }
}
