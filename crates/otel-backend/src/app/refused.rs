//! Logs refused requests at a limited rate, and counts them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::response::Response;
use http::StatusCode;
use percent_encoding::percent_decode;
use tonic::{Code, Status};

use crate::config::Endpoint;
use crate::metrics::Metrics;
use crate::receive::Why;
use crate::throttle::Throttle;

/// Logs and counts refused requests; clones share the rate limit.
#[derive(Debug, Clone)]
pub(super) struct RefusedLog {
    metrics: Metrics,
    /// A throttle for each kind of refusal on each port.
    throttles: Arc<Mutex<Throttles>>,
}

type Throttles = HashMap<(Endpoint, &'static str), Arc<Throttle>>;

/// The parts of a request that the log shows.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) at: Endpoint,
    pub(super) peer: SocketAddr,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
}

/// The longest part of a path in the log, in bytes.
const MAX_PATH: usize = 100;

impl RefusedLog {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self {
            metrics,
            throttles: Arc::default(),
        }
    }

    /// Logs the reason if an answer refuses its request.
    pub(super) fn note(&self, asked: &Asked<'_>, answer: &Response) {
        let why = answer.extensions().get::<Why>();
        let is_counted = why.is_some_and(|why| why.counted);
        match (grpc_status(answer), answer.status()) {
            (Some((Code::Ok, _)), _) => {}
            (Some((code, message)), _) => {
                let status = format!("{code:?}");
                self.refuse(asked, grpc_reason(code), &status, &message, !is_counted);
            }
            (None, status) if status.is_client_error() || status.is_server_error() => {
                let message = why.map_or("", |why| why.message.as_str());
                self.refuse(
                    asked,
                    http_reason(status),
                    status.as_str(),
                    message,
                    !is_counted,
                );
            }
            // The request was accepted, but some of its spans were rejected or have odd times.
            _ => {
                if let Some(why) = why {
                    self.say(asked, "spans", "a request has faults", "", &why.message);
                }
            }
        }
    }

    /// Counts a refusal and logs the reason.
    pub(super) fn refuse(
        &self,
        asked: &Asked<'_>,
        reason: &'static str,
        status: &str,
        message: &str,
        is_new: bool,
    ) {
        // Receivers count their own refusals.
        if is_new {
            self.metrics.turned_away(asked.at, reason);
        }
        // A request for a trace that does not exist is not a mistake.
        let is_query = matches!(asked.at, Endpoint::Ui | Endpoint::QueryGrpc);
        if !(is_query && reason == "path") {
            self.say(asked, reason, "a request was refused", status, message);
        }
    }

    /// Logs a message about a request, unless the same message was logged recently.
    pub(super) fn say(
        &self,
        asked: &Asked<'_>,
        kind: &'static str,
        what: &'static str,
        status: &str,
        why: &str,
    ) {
        let Some(more) = self.throttle(asked.at, kind).pass() else {
            return;
        };
        let path: String = asked.path.chars().take(MAX_PATH).collect();
        tracing::warn!(
            port = %asked.at,
            peer = %asked.peer,
            request = %format_args!("{} {path:?}", asked.method),
            status,
            why,
            more,
            "{what}"
        );
    }

    fn throttle(&self, at: Endpoint, kind: &'static str) -> Arc<Throttle> {
        let mut throttles = self
            .throttles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(throttles.entry((at, kind)).or_default())
    }
}

/// Returns true if an answer does not refuse its request.
pub(super) fn is_accepted(answer: &Response) -> bool {
    let grpc = grpc_status(answer);
    answer.status().is_success() && grpc.is_none_or(|(code, _)| code == Code::Ok)
}

/// The status and message of a gRPC answer without a body.
fn grpc_status(answer: &Response) -> Option<(Code, String)> {
    let code = answer.headers().get(Status::GRPC_STATUS)?;
    let message = answer.headers().get("grpc-message");
    let message = message.map_or(&b""[..], |message| message.as_bytes());
    let message = percent_decode(message).decode_utf8_lossy().into_owned();
    Some((Code::from_bytes(code.as_bytes()), message))
}

fn grpc_reason(code: Code) -> &'static str {
    match code {
        Code::Unimplemented | Code::NotFound => "path",
        Code::InvalidArgument => "malformed",
        Code::ResourceExhausted => "busy",
        Code::DeadlineExceeded => "too_slow",
        Code::PermissionDenied => "origin",
        _ => "store",
    }
}

fn http_reason(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "path",
        StatusCode::METHOD_NOT_ALLOWED => "method",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "content_type",
        StatusCode::FORBIDDEN => "origin",
        StatusCode::REQUEST_TIMEOUT => "too_slow",
        StatusCode::PAYLOAD_TOO_LARGE => "too_large",
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "busy",
        status if status.is_server_error() => "store",
        _ => "malformed",
    }
}
