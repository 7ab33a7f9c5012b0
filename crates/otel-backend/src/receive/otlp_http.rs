//! OTLP over HTTP: `POST /v1/traces`, protobuf and JSON.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use tonic::Code;

use super::Intake;
use super::refusal::Refusal;
use crate::config::Limits;
use crate::format::otlp::{self, Encoding};
use crate::format::{Decoded, weight};

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
        let refusal = Refusal::ContentType(format!(
            "content type '{given}' is not supported: use application/x-protobuf or application/json"
        ));
        return refuse(&refusal, Encoding::Json);
    };
    let decode = match encoding {
        Encoding::Protobuf => decode_protobuf,
        Encoding::Json => decode_json,
    };
    match intake.accept(intake.read(&headers, body), decode).await {
        Ok(accepted) => {
            let answer = otlp::export_response(encoding, accepted.rejected, &accepted.reason());
            let content_type = [(CONTENT_TYPE, encoding.content_type())];
            (accepted.why(), content_type, answer).into_response()
        }
        Err(refusal) => refuse(&refusal, encoding),
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

/// Refuses with a `google.rpc.Status`, whatever the protocol.
fn refuse(refusal: &Refusal, encoding: Encoding) -> Response {
    let code = match refusal.status() {
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => Code::ResourceExhausted,
        StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
        StatusCode::INTERNAL_SERVER_ERROR => Code::Internal,
        _ => Code::InvalidArgument,
    };
    let code = u8::try_from(code as i32).unwrap_or_default();
    let body = otlp::status(encoding, code, &refusal.to_string());
    refusal.answer(([(CONTENT_TYPE, encoding.content_type())], body))
}
