//! The answers to an OTLP exporter, in protobuf and in JSON.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>

use serde_json::json;

use crate::format::protobuf::{write_bytes, write_message, write_text, write_uint};

/// The two encodings of OTLP over HTTP; an answer has that of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`
    Protobuf,
    /// `application/json`
    Json,
}

impl Encoding {
    /// The content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }

    /// The encoding for a content type, whose parameters are ignored.
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        [Self::Protobuf, Self::Json]
            .into_iter()
            .find(|encoding| encoding.content_type().eq_ignore_ascii_case(essence))
    }
}

/// The signal of an OTLP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Data points.
    Metrics,
}

/// An `ExportTraceServiceResponse`, or its counterpart for another signal. `rejected` is the number
/// of spans, log records or data points that were not accepted, with the reason; a reason without
/// rejections is a warning. Without either the answer is empty, as the specification requires.
pub fn export_response(
    encoding: Encoding,
    signal: Signal,
    rejected: usize,
    reason: &str,
) -> Vec<u8> {
    if rejected == 0 && reason.is_empty() {
        return match encoding {
            Encoding::Protobuf => Vec::new(),
            Encoding::Json => b"{}".to_vec(),
        };
    }
    match encoding {
        Encoding::Protobuf => {
            let mut out = Vec::new();
            write_message(1, &mut out, |out| {
                write_uint(1, rejected as u64, out);
                write_text(2, reason, out);
            });
            out
        }
        Encoding::Json => {
            let rejected = rejected.to_string();
            let answer = json!({
                "partialSuccess": { signal.rejected(): rejected, "errorMessage": reason }
            });
            answer.to_string().into_bytes()
        }
    }
}

impl Signal {
    /// The member of a partial success that says how many were rejected.
    fn rejected(self) -> &'static str {
        match self {
            Self::Traces => "rejectedSpans",
            Self::Logs => "rejectedLogRecords",
            Self::Metrics => "rejectedDataPoints",
        }
    }
}

/// A `google.rpc.Status`, the body of an error answer.
pub fn status(encoding: Encoding, code: u8, message: &str) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => {
            let mut out = Vec::new();
            write_uint(1, code.into(), &mut out);
            write_bytes(2, message.as_bytes(), &mut out);
            out
        }
        Encoding::Json => json!({ "code": code, "message": message })
            .to_string()
            .into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceResponse,
    };
    use prost::Message as _;

    use super::*;

    #[test]
    fn a_partial_success_says_how_many_and_why() {
        let answer = export_response(Encoding::Protobuf, Signal::Traces, 2, "because");
        assert_eq!(
            ExportTraceServiceResponse::decode(answer.as_slice()).unwrap(),
            ExportTraceServiceResponse {
                partial_success: Some(ExportTracePartialSuccess {
                    rejected_spans: 2,
                    error_message: "because".into(),
                }),
            }
        );
        assert_eq!(
            export_response(Encoding::Json, Signal::Traces, 2, "because"),
            br#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"because"}}"#
        );
        assert_eq!(
            export_response(Encoding::Json, Signal::Logs, 2, "because"),
            br#"{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"because"}}"#
        );
    }

    #[test]
    fn a_warning_rejects_nothing() {
        assert_eq!(
            export_response(Encoding::Json, Signal::Metrics, 0, "not kept"),
            br#"{"partialSuccess":{"rejectedDataPoints":"0","errorMessage":"not kept"}}"#
        );
    }

    #[test]
    fn a_full_success_says_nothing() {
        assert!(export_response(Encoding::Protobuf, Signal::Traces, 0, "").is_empty());
        assert_eq!(
            export_response(Encoding::Json, Signal::Traces, 0, ""),
            b"{}"
        );
    }

    #[test]
    fn content_types_are_read_with_parameters_and_in_any_case() {
        assert_eq!(
            Encoding::of_content_type("Application/JSON; charset=utf-8"),
            Some(Encoding::Json)
        );
        assert_eq!(Encoding::of_content_type("text/plain"), None);
    }
}
