//! Zipkin: `POST /api/v2/spans` and `POST /api/v1/spans`, both in JSON.
//!
//! Spec: <https://zipkin.io/zipkin-api/>

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use super::Intake;
use super::intake::{Accepted, Decode, DecodeSpans};
use super::refusal::Refusal;
use crate::config::Limits;
use crate::format::{Decoded, weight, zipkin};

/// The routes of the receiver.
pub fn router(intake: Intake) -> Router {
    let receiver = |decode: DecodeSpans| {
        post(
            move |State(intake): State<Intake>, headers: HeaderMap, body: Body| {
                receive(intake, headers, body, Decode::Spans(decode))
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
) -> Result<Response, Refusal> {
    check_content_type(&headers)?;
    let accepted = intake.accept(intake.read(&headers, body), decode).await?;
    match accepted {
        Accepted {
            stored: 0,
            rejected: 1..,
            ..
        } => Err(Refusal::NoneValid(accepted.reason())),
        _ => Ok((StatusCode::ACCEPTED, accepted.why(), ()).into_response()),
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

/// What does not say what it is counts as JSON. Text does not: any web page may send it.
fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers
        .get(CONTENT_TYPE)
        .map_or(Cow::Borrowed("application/json"), |given| {
            String::from_utf8_lossy(given.as_bytes())
        });
    let essence = given.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::ContentType(format!(
            "content type '{given}' is not supported: use application/json"
        )));
    }
    Ok(())
}
