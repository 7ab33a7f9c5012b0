//! The two encodings of agents, each with a port of its own.

use jaeger_wire::Process;
use jaeger_wire::thrift::{binary, compact};

use crate::mapping::ThriftSpan;

/// The encoding of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Thrift's compact protocol, port 6831.
    Compact,
    /// Thrift's binary protocol, port 6832.
    Binary,
}

impl Protocol {
    /// The port that agents listen on.
    pub(super) fn port(self) -> u16 {
        match self {
            Self::Compact => 6831,
            Self::Binary => 6832,
        }
    }

    /// Appends a message up to its first span.
    pub(super) fn begin(self, process: &Process<'_>, spans: usize, out: &mut Vec<u8>) {
        match self {
            Self::Compact => {
                compact::begin_message(out);
                compact::begin_batch(process, spans, out);
            }
            Self::Binary => {
                binary::begin_message(out);
                binary::begin_batch(process, spans, out);
            }
        }
    }

    /// Appends a span.
    pub(super) fn span(self, span: &ThriftSpan<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Compact => compact::encode_span(span, out),
            Self::Binary => binary::encode_span(span, out),
        }
    }

    /// Appends the end of a message, after the last span.
    pub(super) fn end(self, out: &mut Vec<u8>) {
        match self {
            Self::Compact => {
                compact::end_batch(out);
                compact::end_message(out);
            }
            Self::Binary => {
                binary::end_batch(out);
                binary::end_message(out);
            }
        }
    }
}
