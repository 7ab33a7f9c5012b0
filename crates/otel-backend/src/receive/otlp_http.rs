//! OTLP over HTTP: `POST /v1/traces` and `POST /v1/logs`, protobuf and JSON.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use tonic::Code;

use super::Intake;
use super::intake::Decode;
use super::refusal::{Refusal, Why};
use crate::config::Limits;
use crate::format::otlp::{self, DecodedLogs, Encoding};
use crate::format::{Decoded, weight};

/// The decoders of one signal, for each encoding.
#[derive(Debug, Clone, Copy)]
struct Decoders {
    protobuf: Decode,
    json: Decode,
}

/// The routes of the receiver.
pub fn router(intake: Intake) -> Router {
    let receiver = |decoders: Decoders| {
        post(
            move |State(intake): State<Intake>, headers: HeaderMap, body: Body| {
                receive(intake, headers, body, decoders)
            },
        )
    };
    let traces = Decoders {
        protobuf: Decode::Spans(decode_protobuf),
        json: Decode::Spans(decode_json),
    };
    let logs = Decoders {
        protobuf: Decode::Logs(decode_protobuf_logs),
        json: Decode::Logs(decode_json_logs),
    };
    Router::new()
        .route("/v1/traces", receiver(traces))
        .route("/v1/logs", receiver(logs))
        .with_state(intake)
}

async fn receive(intake: Intake, headers: HeaderMap, body: Body, decoders: Decoders) -> Response {
    let encoding = match encoding(&headers) {
        Ok(encoding) => encoding,
        Err(refusal) => return refuse(&refusal, Encoding::Json),
    };
    let decode = match encoding {
        Encoding::Protobuf => decoders.protobuf,
        Encoding::Json => decoders.json,
    };
    let accepted = intake.accept(intake.read(&headers, body), decode).await;
    let answer = accepted.map(|accepted| (accepted.why(), accepted.export_response(encoding)));
    respond(encoding, answer)
}

/// The encoding for the content type.
pub(super) fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let given = headers.get(CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
    let given = String::from_utf8_lossy(given);
    Encoding::of_content_type(&given).ok_or_else(|| {
        Refusal::ContentType(format!(
            "content type '{given}' is not supported: use application/x-protobuf or application/json"
        ))
    })
}

/// Answers with a message in that encoding, or with an error.
pub(super) fn respond(
    encoding: Encoding,
    result: Result<(Option<Extension<Why>>, Vec<u8>), Refusal>,
) -> Response {
    match result {
        Ok((why, answer)) => {
            let content_type = [(CONTENT_TYPE, encoding.content_type())];
            (why, content_type, answer).into_response()
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

pub(super) fn decode_protobuf_logs<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<DecodedLogs<'a>, Refusal> {
    weight::check_protobuf(bytes, &otlp::EXPORT_LOGS_REQUEST, limits.elements)?;
    otlp::decode_logs(bytes).map_err(Refusal::malformed)
}

fn decode_json_logs<'a>(bytes: &'a [u8], limits: &Limits) -> Result<DecodedLogs<'a>, Refusal> {
    weight::check_json(bytes, limits.elements)?;
    otlp::decode_json_logs(bytes).map_err(Refusal::malformed)
}

/// Refuses with a `google.rpc.Status`, as for every protocol of OTLP.
pub(super) fn refuse(refusal: &Refusal, encoding: Encoding) -> Response {
    let code = match refusal.status() {
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => Code::ResourceExhausted,
        StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
        StatusCode::INTERNAL_SERVER_ERROR => Code::Internal,
        StatusCode::LOOP_DETECTED => Code::FailedPrecondition,
        _ => Code::InvalidArgument,
    };
    let code = u8::try_from(code as i32).unwrap_or_default();
    let body = otlp::status(encoding, code, &refusal.to_string());
    refusal.answer(([(CONTENT_TYPE, encoding.content_type())], body))
}
