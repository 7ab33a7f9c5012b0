//! The two forms of OTLP's JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;

use crate::model::{SpanKind, StatusCode, to_hex};

/// The notation of ids and enums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// OTLP's form: ids are hexadecimal, enums are numbers.
    Otlp,
    /// The form of protobuf's JSON mapping, used by Tempo: ids are base64, enums are names.
    Protobuf,
}

/// The value of an enum.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Choice {
    Number(u8),
    Name(&'static str),
}

impl Dialect {
    pub(super) fn id(self, bytes: &[u8]) -> String {
        match self {
            Self::Otlp => to_hex(bytes),
            Self::Protobuf => BASE64.encode(bytes),
        }
    }

    /// The kind; `None` for unspecified, which is left out.
    pub(super) fn kind(self, kind: SpanKind) -> Option<Choice> {
        let name = match kind {
            SpanKind::Unspecified => return None,
            SpanKind::Internal => "SPAN_KIND_INTERNAL",
            SpanKind::Server => "SPAN_KIND_SERVER",
            SpanKind::Client => "SPAN_KIND_CLIENT",
            SpanKind::Producer => "SPAN_KIND_PRODUCER",
            SpanKind::Consumer => "SPAN_KIND_CONSUMER",
        };
        Some(self.choose(kind.number(), name))
    }

    /// The status code; `None` for unset, which is left out.
    pub(super) fn status(self, code: StatusCode) -> Option<Choice> {
        let name = match code {
            StatusCode::Unset => return None,
            StatusCode::Ok => "STATUS_CODE_OK",
            StatusCode::Error => "STATUS_CODE_ERROR",
        };
        Some(self.choose(code.number(), name))
    }

    fn choose(self, number: u8, name: &'static str) -> Choice {
        match self {
            Self::Otlp => Choice::Number(number),
            Self::Protobuf => Choice::Name(name),
        }
    }
}
