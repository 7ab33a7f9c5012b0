//! Jaeger's Thrift over HTTP: `POST /api/traces`.
//!
//! Spec: <https://www.jaegertracing.io/docs/latest/architecture/apis/#thrift-over-http-legacy>

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use jaeger_wire::thrift::binary;

use super::Intake;
use super::intake::Decode;
use super::refusal::{Refusal, Why};
use crate::config::Limits;
use crate::format::{Decoded, jaeger};

/// The routes of the receiver.
pub fn router(intake: Intake) -> Router {
    Router::new()
        .route("/api/traces", post(receive))
        .with_state(intake)
}

async fn receive(State(intake): State<Intake>, headers: HeaderMap, body: Body) -> Response {
    if let Err(unsupported) = check_content_type(&headers) {
        let why = Extension(Why {
            message: unsupported.trim_end().to_owned(),
            counted: false,
        });
        return (StatusCode::BAD_REQUEST, why, unsupported).into_response();
    }
    match intake
        .accept(intake.read(&headers, body), Decode::Spans(decode))
        .await
    {
        Ok(accepted) => (StatusCode::ACCEPTED, accepted.why(), ()).into_response(),
        Err(refusal) => refusal.answer(format!("{}: {refusal}\n", prefix(&refusal))),
    }
}

fn decode<'a>(bytes: &'a [u8], _limits: &Limits) -> Result<Decoded<'a>, Refusal> {
    // Thrift structs take little more memory than bytes on the wire.
    let batch = binary::decode_batch(bytes).map_err(Refusal::malformed)?;
    Ok(jaeger::from_thrift(batch))
}

/// Jaeger's prefix for server errors and client errors.
fn prefix(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Exhausted(_) | Refusal::Append(_) => "Cannot submit Jaeger batch",
        _ => "Unable to process request body",
    }
}

/// Checks the content type; the error is Jaeger's answer.
fn check_content_type(headers: &HeaderMap) -> Result<(), String> {
    let given = headers.get(CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
    let given = String::from_utf8_lossy(given);
    let essence = given.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/x-thrift" | "application/vnd.apache.thrift.binary" => Ok(()),
        _ => Err(format!("Unsupported content type: {given}\n")),
    }
}
