//! The outcome of a call.

use std::error::Error;

use http::{HeaderMap, HeaderName, StatusCode};
use percent_encoding::percent_decode;
use tonic::{Code, Status, TimeoutExpired};

use super::BoxError;
use crate::causes::causes;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// The status with which a call ended.
#[derive(Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) code: Code,
    /// The message of the status; empty if there is none.
    pub(super) message: String,
}

impl Outcome {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message }
    }

    /// The status in trailers, or in the headers of a response without a body.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let code = Code::from_bytes(headers.get(GRPC_STATUS)?.as_bytes());
        let message = headers.get(GRPC_MESSAGE);
        let message = message.map(|message| percent_decode(message.as_bytes()).decode_utf8_lossy());
        Some(Self::new(code, message.unwrap_or_default()))
    }

    /// The outcome of a response without a gRPC status.
    ///
    /// <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>
    pub(super) fn without_status(http: StatusCode) -> Self {
        let code = match http.as_u16() {
            400 => Code::Internal,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 => Code::Unimplemented,
            429 | 502 | 503 | 504 => Code::Unavailable,
            _ => Code::Unknown,
        };
        let message = format!("HTTP status {} without a gRPC status", http.as_u16());
        Self::new(code, message)
    }

    /// The outcome of a call that failed before a response, and `error` as a status.
    pub(super) fn of_error(error: BoxError) -> (Self, Status) {
        let expired = causes(&*error).any(<dyn Error>::is::<TimeoutExpired>);
        let message = causes(&*error).last().map(ToString::to_string);
        let status = Status::from_error(error);
        // tonic reports its own timeout as a cancellation.
        let code = if expired {
            Code::DeadlineExceeded
        } else {
            status.code()
        };
        (Self::new(code, message.unwrap_or_default()), status)
    }

    /// The name of the code, as the conventions spell it.
    pub(super) fn name(&self) -> &'static str {
        match self.code {
            Code::Ok => "OK",
            Code::Cancelled => "CANCELLED",
            Code::Unknown => "UNKNOWN",
            Code::InvalidArgument => "INVALID_ARGUMENT",
            Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Code::NotFound => "NOT_FOUND",
            Code::AlreadyExists => "ALREADY_EXISTS",
            Code::PermissionDenied => "PERMISSION_DENIED",
            Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Code::FailedPrecondition => "FAILED_PRECONDITION",
            Code::Aborted => "ABORTED",
            Code::OutOfRange => "OUT_OF_RANGE",
            Code::Unimplemented => "UNIMPLEMENTED",
            Code::Internal => "INTERNAL",
            Code::Unavailable => "UNAVAILABLE",
            Code::DataLoss => "DATA_LOSS",
            Code::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// The conventions count every status but `OK` as an error of client spans.
    pub(super) fn is_error_of_client(&self) -> bool {
        self.code != Code::Ok
    }

    /// True for codes that mean a fault of the server; the others concern the request.
    pub(super) fn is_error_of_server(&self) -> bool {
        matches!(
            self.code,
            Code::Unknown
                | Code::DeadlineExceeded
                | Code::Unimplemented
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss
        )
    }
}

impl From<&Status> for Outcome {
    fn from(status: &Status) -> Self {
        Self::new(status.code(), status.message())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_status_is_read_from_headers() {
        let mut headers = HeaderMap::new();
        assert_eq!(Outcome::read(&headers), None);
        headers.insert(GRPC_STATUS, "5".parse().unwrap());
        headers.insert(GRPC_MESSAGE, "no%20such%20%C3%BCser".parse().unwrap());
        let outcome = Outcome::read(&headers).unwrap();
        assert_eq!(outcome, Outcome::new(Code::NotFound, "no such üser"));
        assert_eq!(outcome.name(), "NOT_FOUND");
    }

    #[test]
    fn each_code_is_an_error_where_the_convention_says_so() {
        let errors: Vec<_> = (0..=16)
            .map(|code| Outcome::new(Code::from(code), ""))
            .filter(Outcome::is_error_of_server)
            .map(|outcome| outcome.name())
            .collect();
        let expected = [
            "UNKNOWN",
            "DEADLINE_EXCEEDED",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
        ];
        assert_eq!(errors, expected);
        let fine =
            (0..=16).filter(|code| !Outcome::new(Code::from(*code), "").is_error_of_client());
        assert_eq!(fine.collect::<Vec<_>>(), [0]);
    }

    proptest! {
        #[test]
        fn any_status_and_any_message_are_read(
            status in "[!-~]{0,12}",
            message in prop::collection::vec(0x20_u8..=0x7e, 0..64),
        ) {
            let mut headers = HeaderMap::new();
            headers.insert(GRPC_STATUS, status.parse().unwrap());
            let message = http::HeaderValue::from_bytes(&message).unwrap();
            headers.insert(GRPC_MESSAGE, message);
            let outcome = Outcome::read(&headers).unwrap();
            let known = status.parse::<u8>().is_ok_and(|code| code <= 16 && code.to_string() == status);
            prop_assert_eq!(outcome.code == Code::Unknown, !known || status == "2");
        }
    }
}
