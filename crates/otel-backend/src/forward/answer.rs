//! The meaning of an endpoint's answer.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#failures>

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::pause::retry_after;
use crate::config::ForwardProtocol;
use crate::format::otlp::{Encoding, Partial, read_export_response, read_status};

/// The outcome of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The endpoint accepted it, except for the part that it names.
    Taken(Partial),
    /// It may be taken later.
    Later {
        /// The pause that the endpoint asks for.
        after: Option<Duration>,
        /// The reason in words.
        reason: String,
    },
    /// It would be refused again.
    Refused(String),
    /// The endpoint has no receiver for this signal.
    Unsupported(String),
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) trailers: Option<HeaderMap>,
}

/// The flag and the length before a message of gRPC.
const PREFIX: usize = 5;

impl Outcome {
    /// Something went wrong on the way.
    pub(super) fn broken(reason: impl Into<String>) -> Self {
        Self::Later {
            after: None,
            reason: reason.into(),
        }
    }
}

impl Answer {
    pub(super) fn outcome(&self, protocol: ForwardProtocol) -> Outcome {
        match protocol {
            ForwardProtocol::Http => self.of_http(),
            ForwardProtocol::Grpc => self.of_grpc(),
        }
    }

    fn of_http(&self) -> Outcome {
        if self.content_type().starts_with("application/grpc") {
            return Outcome::Refused(
                "the port speaks gRPC: set --forward-protocol to grpc, or name the port for HTTP"
                    .to_owned(),
            );
        }
        if self.status.is_success() && self.content_type().starts_with("text/html") {
            return Outcome::Refused(
                "the answer is a page, and not one of OTLP: name the endpoint itself".to_owned(),
            );
        }
        if self.status.is_success() {
            // An endpoint that answers something else with success has taken it, too.
            return Outcome::Taken(read_export_response(&self.body).unwrap_or_default());
        }
        self.unsuccessful(&self.message())
    }

    fn of_grpc(&self) -> Outcome {
        let trailers = self.trailers.as_ref();
        let status = trailers.and_then(Status::from_header_map);
        let Some(status) = status.or_else(|| Status::from_header_map(&self.headers)) else {
            if self.status.is_success() {
                return Outcome::Refused(
                    "the answer is not one of gRPC: set --forward-protocol to http/protobuf, or name the port for gRPC"
                        .to_owned(),
                );
            }
            return self.unsuccessful("");
        };
        let reason = format!("gRPC {:?}: {}", status.code(), status.message());
        let asked = status.get_details_retry_info();
        let after = asked.and_then(|info| info.retry_delay);
        match status.code() {
            Code::Ok => {
                let message = self.body.get(PREFIX..).unwrap_or_default();
                Outcome::Taken(read_export_response(message).unwrap_or_default())
            }
            Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss => Outcome::Later { after, reason },
            // Too much for now if it says until when, else too much in one request.
            Code::ResourceExhausted if after.is_some() => Outcome::Later { after, reason },
            Code::Unimplemented => Outcome::Unsupported(reason),
            _ => Outcome::Refused(reason),
        }
    }

    /// The outcome for an HTTP status that is not one of success.
    fn unsuccessful(&self, message: &str) -> Outcome {
        let mut reason = format!("HTTP {}", self.status);
        if let Some(to) = self.header(&LOCATION) {
            reason.push_str(" to ");
            reason.push_str(to);
        }
        if !message.is_empty() {
            reason.push_str(": ");
            reason.push_str(message);
        }
        match self.status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Outcome::Later {
                after: self
                    .header(&RETRY_AFTER)
                    .and_then(|text| retry_after(text, SystemTime::now())),
                reason,
            },
            StatusCode::NOT_FOUND => Outcome::Unsupported(reason),
            _ => Outcome::Refused(reason),
        }
    }

    /// The message of a status, or the body where that is text.
    fn message(&self) -> String {
        match Encoding::of_content_type(self.content_type()) {
            Some(Encoding::Protobuf) => read_status(&self.body).unwrap_or_default(),
            _ => String::from_utf8_lossy(&self.body).into_owned(),
        }
    }

    fn content_type(&self) -> &str {
        self.header(&CONTENT_TYPE).unwrap_or_default()
    }

    fn header(&self, name: &http::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use tonic_types::ErrorDetails;

    use super::*;
    use crate::format::otlp::{Signal, export_response, status};

    fn http(status: u16, headers: &[(&'static str, &'static str)], body: &[u8]) -> Outcome {
        let headers = headers.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect(),
            body: Bytes::copy_from_slice(body),
            trailers: None,
        };
        answer.outcome(ForwardProtocol::Http)
    }

    fn grpc(status: &Status, body: &[u8]) -> Outcome {
        let mut trailers = HeaderMap::new();
        status.add_header(&mut trailers).unwrap();
        let answer = Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(&[&[0; PREFIX], body].concat()),
            trailers: Some(trailers),
        };
        answer.outcome(ForwardProtocol::Grpc)
    }

    fn is_later(outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Later { .. })
    }

    /// The pause that is asked for.
    fn pause(outcome: &Outcome) -> Option<Duration> {
        match outcome {
            Outcome::Later { after, .. } => *after,
            _ => None,
        }
    }

    #[test]
    fn four_statuses_of_http_are_for_a_time() {
        for status in [429, 502, 503, 504] {
            let outcome = http(status, &[], b"");
            assert!(is_later(&outcome) && pause(&outcome).is_none(), "{status}");
        }
        for status in [301, 400, 401, 403, 413, 415, 500, 501, 508] {
            assert!(
                matches!(http(status, &[], b""), Outcome::Refused(_)),
                "{status}"
            );
        }
        assert!(matches!(http(404, &[], b""), Outcome::Unsupported(_)));
        let after = http(429, &[("retry-after", "7")], b"");
        assert_eq!(pause(&after), Some(Duration::from_secs(7)));
    }

    #[test]
    fn the_codes_of_grpc_are_told_apart_as_otlp_asks() {
        for code in 1..=16 {
            let code = Code::from_i32(code);
            let may_pass = matches!(
                code,
                Code::Cancelled
                    | Code::DeadlineExceeded
                    | Code::Aborted
                    | Code::OutOfRange
                    | Code::Unavailable
                    | Code::DataLoss
            );
            let outcome = grpc(&Status::new(code, "no"), b"");
            assert_eq!(is_later(&outcome), may_pass, "{code:?}");
            let is_unsupported = matches!(outcome, Outcome::Unsupported(_));
            assert_eq!(is_unsupported, code == Code::Unimplemented, "{code:?}");
        }
        let asked = Duration::from_secs(3);
        let details = ErrorDetails::with_retry_info(Some(asked));
        let status = Status::with_error_details(Code::ResourceExhausted, "no", details);
        assert_eq!(pause(&grpc(&status, b"")), Some(asked));
    }

    #[test]
    fn a_partial_success_is_read_in_both_protocols() {
        let said = export_response(Encoding::Protobuf, Signal::Traces, 2, "because");
        let partial = Partial {
            rejected: 2,
            message: "because".to_owned(),
        };
        assert_eq!(http(200, &[], &said), Outcome::Taken(partial.clone()));
        assert_eq!(
            grpc(&Status::new(Code::Ok, ""), &said),
            Outcome::Taken(partial)
        );
        assert_eq!(http(202, &[], b"ok"), Outcome::Taken(Partial::default()));
        let page = http(200, &[("content-type", "text/html")], b"<html>");
        assert!(matches!(page, Outcome::Refused(_)));
    }

    #[test]
    fn the_wrong_protocol_is_named() {
        let Outcome::Refused(reason) = http(200, &[("content-type", "application/grpc")], b"")
        else {
            panic!("it is refused");
        };
        assert!(reason.contains("--forward-protocol to grpc"), "{reason}");
        let answer = Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            trailers: None,
        };
        let Outcome::Refused(reason) = answer.outcome(ForwardProtocol::Grpc) else {
            panic!("it is refused");
        };
        assert!(reason.contains("http/protobuf"), "{reason}");
    }

    #[test]
    fn the_reason_of_a_refusal_is_told() {
        let said = status(Encoding::Protobuf, 3, "no such tenant");
        for (content_type, body) in [
            ("application/x-protobuf", said.as_slice()),
            ("text/plain", b"no such tenant"),
        ] {
            let outcome = http(400, &[("content-type", content_type)], body);
            let expected = "HTTP 400 Bad Request: no such tenant".to_owned();
            assert_eq!(outcome, Outcome::Refused(expected));
        }
        assert_eq!(
            http(301, &[("location", "https://other")], b""),
            Outcome::Refused("HTTP 301 Moved Permanently to https://other".to_owned())
        );
    }
}
