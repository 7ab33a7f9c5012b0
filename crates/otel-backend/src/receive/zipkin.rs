//! Zipkin: `POST /api/v2/spans` in JSON and protobuf, and `POST /api/v1/spans` in JSON.
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
use super::accepted::Accepted;
use super::intake::{Decode, DecodeSpans};
use super::refusal::Refusal;
use crate::config::Limits;
use crate::format::{Decoded, weight, zipkin};

/// The decoders of a path, by content type.
type Encodings = &'static [(&'static str, DecodeSpans)];

const V1: Encodings = &[(JSON, decode_v1)];
const V2: Encodings = &[(JSON, decode_v2), (PROTOBUF, decode_protobuf)];

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/x-protobuf";

/// Zipkin's content types for Thrift.
const THRIFT: [&str; 2] = [
    "application/x-thrift",
    "application/vnd.apache.thrift.binary",
];

/// The routes of the receiver.
pub fn router(intake: Intake) -> Router {
    let receiver = |encodings: Encodings| {
        post(
            move |State(intake): State<Intake>, headers: HeaderMap, body: Body| {
                receive(intake, headers, body, encodings)
            },
        )
    };
    Router::new()
        .route("/api/v1/spans", receiver(V1))
        .route("/api/v2/spans", receiver(V2))
        .with_state(intake)
}

async fn receive(
    intake: Intake,
    headers: HeaderMap,
    body: Body,
    encodings: Encodings,
) -> Result<Response, Refusal> {
    let decode = Decode::Spans(choose(encodings, &headers)?);
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

fn decode_protobuf<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Decoded<'a>, Refusal> {
    weight::check_protobuf(bytes, &zipkin::LIST_OF_SPANS, limits.elements)?;
    zipkin::decode_protobuf(bytes).map_err(Refusal::malformed)
}

/// The decoder for the content type. A request without one counts as JSON. Text is refused, since
/// any web page may send it.
fn choose(encodings: Encodings, headers: &HeaderMap) -> Result<DecodeSpans, Refusal> {
    let given = headers
        .get(CONTENT_TYPE)
        .map_or(Cow::Borrowed(JSON), |given| {
            String::from_utf8_lossy(given.as_bytes())
        });
    let essence = given.split(';').next().unwrap_or_default().trim();
    let is_it = |name: &&str| name.eq_ignore_ascii_case(essence);
    if let Some((_, decode)) = encodings.iter().find(|(name, _)| is_it(name)) {
        return Ok(*decode);
    }
    if THRIFT.iter().any(is_it) {
        return Err(Refusal::ContentType(
            "Zipkin's Thrift is not supported: set the sender to JSON, or to protobuf of version 2"
                .into(),
        ));
    }
    let names: Vec<_> = encodings.iter().map(|(name, _)| *name).collect();
    Err(Refusal::ContentType(format!(
        "content type '{given}' is not supported: use {}",
        names.join(" or ")
    )))
}
