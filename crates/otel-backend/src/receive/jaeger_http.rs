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
use jaeger_wire::thrift::binary;

use super::Intake;
use super::refusal::{RETRY, Refusal};
use crate::config::Limits;
use crate::format::{Decoded, jaeger};
use crate::metrics::Protocol;

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("Unsupported content type: {0}")]
    ContentType(String),
    #[error("{prefix}: {0}", prefix = prefix(.0))]
    Spans(#[from] Refusal),
}

/// The routes of the receiver.
pub fn router(intake: Intake) -> Router {
    Router::new()
        .route("/api/traces", post(receive))
        .with_state(intake)
}

async fn receive(
    State(intake): State<Intake>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refused> {
    check_content_type(&headers)?;
    let accepted = intake.accept(intake.read(&headers, body), decode).await?;
    accepted.log_rejected(Protocol::JaegerThrift);
    Ok(StatusCode::ACCEPTED)
}

fn decode<'a>(bytes: &'a [u8], _limits: &Limits) -> Result<Decoded<'a>, Refusal> {
    // No Thrift struct takes much more in memory than on the wire.
    let batch = binary::decode_batch(bytes).map_err(Refusal::malformed)?;
    Ok(jaeger::from_thrift(batch))
}

/// Jaeger's words for whose fault it is.
fn prefix(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Exhausted(_) | Refusal::Append(_) => "Cannot submit Jaeger batch",
        _ => "Unable to process request body",
    }
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
            Self::ContentType(_) => (StatusCode::BAD_REQUEST, text).into_response(),
            Self::Spans(refusal) if refusal.is_temporary() => {
                let retry = [(RETRY_AFTER, RETRY.as_secs().to_string())];
                (refusal.status(), retry, text).into_response()
            }
            Self::Spans(refusal) => (refusal.status(), text).into_response(),
        }
    }
}
