//! Zipkin: `POST /api/v2/spans` and `POST /api/v1/spans`, both in JSON.
//!
//! Spec: <https://zipkin.io/zipkin-api/>

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

use super::Intake;
use super::intake::{Accepted, Decode};
use super::refusal::{RETRY, Refusal};
use crate::config::Limits;
use crate::format::{Decoded, weight, zipkin};
use crate::metrics::Protocol;

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("content type '{0}' is not supported: use application/json")]
    ContentType(String),
    #[error("no span was taken: {0}")]
    EverySpan(String),
    #[error(transparent)]
    Spans(#[from] Refusal),
}

/// The routes of the receiver.
pub fn router(intake: Intake) -> Router {
    let receiver = |decode: Decode| {
        post(
            move |State(intake): State<Intake>, headers: HeaderMap, body: Body| {
                receive(intake, headers, body, decode)
            },
        )
    };
    Router::new()
        .route("/api/v1/spans", receiver(decode_v1))
        .route("/api/v2/spans", receiver(decode_v2))
        .with_state(intake)
}

async fn receive(
    intake: Intake,
    headers: HeaderMap,
    body: Body,
    decode: Decode,
) -> Result<StatusCode, Refused> {
    check_content_type(&headers)?;
    let accepted = intake.accept(intake.read(&headers, body), decode).await?;
    accepted.log_rejected(Protocol::Zipkin);
    match accepted {
        Accepted {
            spans: 0,
            rejected: 1..,
            ..
        } => Err(Refused::EverySpan(accepted.reason())),
        _ => Ok(StatusCode::ACCEPTED),
    }
}

fn decode_v1<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Decoded<'a>, Refusal> {
    weight::check_json(bytes, limits.elements)?;
    zipkin::decode_v1(bytes).map_err(Refusal::malformed)
}

fn decode_v2<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Decoded<'a>, Refusal> {
    weight::check_json(bytes, limits.elements)?;
    zipkin::decode_v2(bytes).map_err(Refusal::malformed)
}

/// Zipkin reads whatever does not say to be something else as JSON.
fn check_content_type(headers: &HeaderMap) -> Result<(), Refused> {
    let given = headers
        .get(CONTENT_TYPE)
        .map_or(Cow::Borrowed(""), |given| {
            String::from_utf8_lossy(given.as_bytes())
        });
    if given.contains("protobuf") || given.contains("thrift") {
        return Err(Refused::ContentType(given.into_owned()));
    }
    Ok(())
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let text = format!("{self}\n");
        match self {
            Self::ContentType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response(),
            Self::EverySpan(_) => (StatusCode::BAD_REQUEST, text).into_response(),
            Self::Spans(refusal) if refusal.is_temporary() => {
                let retry = [(RETRY_AFTER, RETRY.as_secs().to_string())];
                (refusal.status(), retry, text).into_response()
            }
            Self::Spans(refusal) => (refusal.status(), text).into_response(),
        }
    }
}
