//! The protocols for sending a trace.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A protocol that backends receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Jaeger Thrift, binary, over HTTP.
    ThriftHttp,
    /// Jaeger Thrift, compact, over UDP.
    ThriftCompact,
    /// Jaeger Thrift, binary, over UDP.
    ThriftBinary,
    /// Jaeger `api_v2` over gRPC.
    JaegerGrpc,
    /// OTLP over gRPC.
    OtlpGrpc,
    /// OTLP over HTTP as protobuf.
    OtlpHttp,
    /// OTLP over HTTP as JSON.
    OtlpJson,
    /// Zipkin v2 as JSON.
    Zipkin,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Self; 8] = [
        Self::ThriftHttp,
        Self::ThriftCompact,
        Self::ThriftBinary,
        Self::JaegerGrpc,
        Self::OtlpGrpc,
        Self::OtlpHttp,
        Self::OtlpJson,
        Self::Zipkin,
    ];

    /// The name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::ThriftHttp => "thrift-http",
            Self::ThriftCompact => "thrift-compact",
            Self::ThriftBinary => "thrift-binary",
            Self::JaegerGrpc => "jaeger-grpc",
            Self::OtlpGrpc => "otlp-grpc",
            Self::OtlpHttp => "otlp-http",
            Self::OtlpJson => "otlp-json",
            Self::Zipkin => "zipkin",
        }
    }

    /// The default port of its receivers.
    pub fn port(self) -> u16 {
        match self {
            Self::ThriftHttp => 14268,
            Self::ThriftCompact => 6831,
            Self::ThriftBinary => 6832,
            Self::JaegerGrpc => 14250,
            Self::OtlpGrpc => 4317,
            Self::OtlpHttp | Self::OtlpJson => 4318,
            Self::Zipkin => 9411,
        }
    }

    /// The path of its receivers over HTTP.
    pub fn path(self) -> &'static str {
        match self {
            Self::ThriftHttp => "/api/traces",
            Self::OtlpHttp | Self::OtlpJson => "/v1/traces",
            Self::Zipkin => "/api/v2/spans",
            Self::JaegerGrpc => "/jaeger.api_v2.CollectorService/PostSpans",
            Self::OtlpGrpc => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::ThriftCompact | Self::ThriftBinary => "",
        }
    }

    /// Returns true for the protocols over UDP, which have no answer.
    pub fn is_udp(self) -> bool {
        matches!(self, Self::ThriftCompact | Self::ThriftBinary)
    }

    /// Returns true for the protocols over gRPC.
    pub fn is_grpc(self) -> bool {
        matches!(self, Self::JaegerGrpc | Self::OtlpGrpc)
    }

    /// Returns true for Jaeger's protocols.
    pub fn is_jaeger(self) -> bool {
        self.is_udp() || matches!(self, Self::ThriftHttp | Self::JaegerGrpc)
    }

    /// Returns true for the forms of OTLP.
    pub fn is_otlp(self) -> bool {
        matches!(self, Self::OtlpGrpc | Self::OtlpHttp | Self::OtlpJson)
    }
}

/// The name of an unknown protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a protocol; the protocols are {}", Protocol::ALL.map(Protocol::name).join(", "))]
pub struct ParseProtocolError {
    name: String,
}

/// Parses the name on the command line, or the one in reports for people.
impl FromStr for Protocol {
    type Err = ParseProtocolError;

    fn from_str(name: &str) -> Result<Self, ParseProtocolError> {
        let mut all = Self::ALL.into_iter();
        all.find(|protocol| protocol.name() == name || protocol.to_string() == name)
            .ok_or_else(|| ParseProtocolError {
                name: name.to_owned(),
            })
    }
}

/// Writes the name for people.
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ThriftHttp => "Jaeger Thrift over HTTP",
            Self::ThriftCompact => "Jaeger Thrift compact over UDP",
            Self::ThriftBinary => "Jaeger Thrift binary over UDP",
            Self::JaegerGrpc => "Jaeger gRPC",
            Self::OtlpGrpc => "OTLP gRPC",
            Self::OtlpHttp => "OTLP HTTP protobuf",
            Self::OtlpJson => "OTLP HTTP JSON",
            Self::Zipkin => "Zipkin v2",
        })
    }
}
