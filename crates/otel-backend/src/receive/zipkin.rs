//! Zipkin: `POST /api/v2/spans` and `POST /api/v1/spans`, both in JSON.
//!
//! Both versions become one `ZipkinSpan`, which becomes OTLP's as it does in the OpenTelemetry
//! Collector; what OpenTelemetry's exporters put into tags and annotations is taken out of them again.
//!
//! Spec: <https://zipkin.io/zipkin-api/>, and the other way round
//! <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/>

mod annotation;
mod json;
mod resource;
mod status;
mod translate;
mod v1;
mod v2;

#[cfg(test)]
mod tests;

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
use crate::metrics::Protocol;
use crate::model::{Attribute, SpanKind, Text};

/// A span of either version. Times are microseconds.
#[derive(Debug, Default, PartialEq)]
struct ZipkinSpan<'a> {
    trace_id: Text<'a>,
    id: Text<'a>,
    parent_id: Text<'a>,
    name: Text<'a>,
    kind: SpanKind,
    start: Option<u64>,
    duration: u64,
    local: Endpoint<'a>,
    remote: Endpoint<'a>,
    annotations: Vec<(u64, Text<'a>)>,
    tags: Vec<Attribute<'a>>,
    debug: bool,
}

/// One end of a call.
#[derive(Debug, Clone, Default, PartialEq)]
struct Endpoint<'a> {
    service: Text<'a>,
    /// An address of version 6, or else of version 4, or "".
    ip: Text<'a>,
    port: Option<u16>,
}

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
        .route("/api/v1/spans", receiver(v1::decode))
        .route("/api/v2/spans", receiver(v2::decode))
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
