//! The labels of the metrics.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

use crate::config::Endpoint;

/// The protocol by which spans are received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are named like the protocols")]
pub enum Protocol {
    OtlpGrpc,
    OtlpHttp,
    JaegerThrift,
    JaegerGrpc,
    JaegerCompact,
    JaegerBinary,
    Zipkin,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfProtocol {
    pub(super) protocol: Protocol,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfEndpoint {
    pub(super) endpoint: Endpoint,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Reason {
    pub(super) protocol: Protocol,
    pub(super) reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct NotForwarded {
    pub(super) reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RefusedAt {
    pub(super) endpoint: Endpoint,
    pub(super) reason: &'static str,
}

impl Protocol {
    /// The name in metrics and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtlpGrpc => "otlp_grpc",
            Self::OtlpHttp => "otlp_http",
            Self::JaegerThrift => "jaeger_thrift",
            Self::JaegerGrpc => "jaeger_grpc",
            Self::JaegerCompact => "jaeger_compact",
            Self::JaegerBinary => "jaeger_binary",
            Self::Zipkin => "zipkin",
        }
    }
}

impl EncodeLabelValue for Protocol {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.as_str().encode(encoder)
    }
}

/// The name in the flag: `otlp_grpc` for `--otlp-grpc-port`.
impl EncodeLabelValue for Endpoint {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        let name = self.flag().trim_start_matches('-');
        let name = name.strip_suffix("-port").unwrap_or(name);
        name.replace('-', "_").encode(encoder)
    }
}
