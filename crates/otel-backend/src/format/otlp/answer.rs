//! The answers to an OTLP exporter, in protobuf and in JSON.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>

use serde_json::json;

use crate::format::protobuf::{
    Malformed, Reader, write_bytes, write_message, write_text, write_uint,
};

/// The two encodings of OTLP over HTTP; an answer has the encoding of its request.
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

/// The partial success of an answer: how many spans or log records were rejected, and why; of a
/// warning none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Partial {
    /// The number that was not accepted.
    pub rejected: u64,
    /// The reason, or the warning.
    pub message: String,
}

/// Reads an `ExportTraceServiceResponse` or its like in protobuf: the other end of [`export_response`].
///
/// # Errors
/// [`Malformed`] if it is not such a message.
pub fn read_export_response(bytes: &[u8]) -> Result<Partial, Malformed> {
    let mut partial = Partial::default();
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next()? {
        match field.number {
            1 => read_partial(field.bytes(&mut reader)?, &mut partial)?,
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(partial)
}

fn read_partial(bytes: &[u8], partial: &mut Partial) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next()? {
        match field.number {
            // A negative number makes no sense, and is none.
            1 => {
                let rejected = field.varint(&mut reader)?.cast_signed();
                partial.rejected = u64::try_from(rejected).unwrap_or(0);
            }
            2 => partial.message = text(field.bytes(&mut reader)?),
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(())
}

/// The message of a `google.rpc.Status` in protobuf; "" if it has none.
///
/// # Errors
/// [`Malformed`] if it is no such status.
pub fn read_status(bytes: &[u8]) -> Result<String, Malformed> {
    let mut message = String::new();
    let mut reader = Reader::new(bytes);
    while let Some(field) = reader.next()? {
        match field.number {
            2 => message = text(field.bytes(&mut reader)?),
            _ => field.skip(&mut reader)?,
        }
    }
    Ok(message)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Signal {
    /// The member of a partial success that holds the number rejected.
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
    fn what_is_answered_is_read_by_the_sender() {
        for (rejected, message) in [(2, "because"), (0, "not kept"), (0, "")] {
            let answer = export_response(Encoding::Protobuf, Signal::Logs, rejected, message);
            let partial = read_export_response(&answer).unwrap();
            assert_eq!(partial.rejected, rejected as u64);
            assert_eq!(partial.message, message);
        }
        let status = status(Encoding::Protobuf, 3, "no");
        assert_eq!(read_status(&status).unwrap(), "no");
        assert!(read_export_response(b"<html>").is_err());
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
