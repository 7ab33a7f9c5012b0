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
use tonic::Code;

use super::Intake;
use super::refusal::{RETRY, Refusal};
use crate::config::Limits;
use crate::format::otlp::{self, Encoding};
use crate::format::{Decoded, weight};

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("content type '{0}' is not supported: use application/x-protobuf or application/json")]
    ContentType(String),
    #[error(transparent)]
    Spans(#[from] Refusal),
}

/// The routes of the receiver.
pub fn router(intake: Intake) -> Router {
    Router::new()
        .route("/v1/traces", post(receive))
        .with_state(intake)
}

async fn receive(State(intake): State<Intake>, headers: HeaderMap, body: Body) -> Response {
    let given = headers.get(CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
    let given = String::from_utf8_lossy(given);
    let Some(encoding) = Encoding::of_content_type(&given) else {
        return Refused::ContentType(given.into_owned()).answer(Encoding::Json);
    };
    let decode = match encoding {
        Encoding::Protobuf => decode_protobuf,
        Encoding::Json => decode_json,
    };
    match intake.accept(intake.read(&headers, body), decode).await {
        Ok(accepted) => {
            let answer = otlp::export_response(encoding, accepted.rejected, &accepted.reason());
            ([(CONTENT_TYPE, encoding.content_type())], answer).into_response()
        }
        Err(refusal) => Refused::Spans(refusal).answer(encoding),
    }
}

pub(super) fn decode_protobuf<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<Decoded<'a>, Refusal> {
    weight::check_protobuf(bytes, &otlp::EXPORT_REQUEST, limits.elements)?;
    otlp::decode_traces(bytes).map_err(Refusal::malformed)
}

fn decode_json<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Decoded<'a>, Refusal> {
    weight::check_json(bytes, limits.elements)?;
    otlp::decode_json(bytes).map_err(Refusal::malformed)
}

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Self::ContentType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Spans(refusal) => refusal.status(),
        }
    }

    fn answer(self, encoding: Encoding) -> Response {
        let status = self.status();
        // The body is a Status of gRPC, whatever the protocol.
        let code = match status {
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => {
                Code::ResourceExhausted
            }
            StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
            _ => Code::InvalidArgument,
        };
        let code = u8::try_from(code as i32).unwrap_or_default();
        let body = otlp::status(encoding, code, &self.to_string());
        let content_type = [(CONTENT_TYPE, encoding.content_type())];
        match self {
            Self::Spans(refusal) if refusal.is_temporary() => {
                let retry = [(RETRY_AFTER, RETRY.as_secs().to_string())];
                (status, content_type, retry, body).into_response()
            }
            _ => (status, content_type, body).into_response(),
        }
    }
}
