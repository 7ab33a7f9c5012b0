//! The endpoints: everything the program listens on.

use std::fmt;

use crate::args::Ports;

/// One port that the program listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// The trace page and the query API.
    Ui,
    /// The query API over gRPC.
    QueryGrpc,
    /// OTLP over gRPC.
    OtlpGrpc,
    /// OTLP over HTTP.
    OtlpHttp,
    /// Jaeger Thrift over HTTP.
    JaegerThrift,
    /// Jaeger over gRPC.
    JaegerGrpc,
    /// Jaeger Thrift over UDP, compact.
    JaegerCompact,
    /// Jaeger Thrift over UDP, binary.
    JaegerBinary,
    /// Zipkin's JSON and protobuf.
    Zipkin,
    /// Jaeger's remote sampling.
    Sampling,
}

/// The transport of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Endpoint {
    /// All endpoints.
    pub const ALL: [Self; 10] = [
        Self::Ui,
        Self::QueryGrpc,
        Self::OtlpGrpc,
        Self::OtlpHttp,
        Self::JaegerThrift,
        Self::JaegerGrpc,
        Self::JaegerCompact,
        Self::JaegerBinary,
        Self::Zipkin,
        Self::Sampling,
    ];

    /// The transport.
    pub fn transport(self) -> Transport {
        match self {
            Self::JaegerCompact | Self::JaegerBinary => Transport::Udp,
            _ => Transport::Tcp,
        }
    }

    /// The flag for its port.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Ui => "--ui-port",
            Self::QueryGrpc => "--query-grpc-port",
            Self::OtlpGrpc => "--otlp-grpc-port",
            Self::OtlpHttp => "--otlp-http-port",
            Self::JaegerThrift => "--jaeger-thrift-port",
            Self::JaegerGrpc => "--jaeger-grpc-port",
            Self::JaegerCompact => "--jaeger-compact-port",
            Self::JaegerBinary => "--jaeger-binary-port",
            Self::Zipkin => "--zipkin-port",
            Self::Sampling => "--sampling-port",
        }
    }

    /// The variable for its port.
    pub fn variable(self) -> String {
        let flag = self.flag().trim_start_matches('-').replace('-', "_");
        format!("OTEL_BACKEND_{}", flag.to_uppercase())
    }

    pub(super) fn port(self, ports: &Ports) -> &str {
        match self {
            Self::Ui => &ports.ui_port,
            Self::QueryGrpc => &ports.query_grpc_port,
            Self::OtlpGrpc => &ports.otlp_grpc_port,
            Self::OtlpHttp => &ports.otlp_http_port,
            Self::JaegerThrift => &ports.jaeger_thrift_port,
            Self::JaegerGrpc => &ports.jaeger_grpc_port,
            Self::JaegerCompact => &ports.jaeger_compact_port,
            Self::JaegerBinary => &ports.jaeger_binary_port,
            Self::Zipkin => &ports.zipkin_port,
            Self::Sampling => &ports.sampling_port,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ui => "trace page and query API",
            Self::QueryGrpc => "query gRPC",
            Self::OtlpGrpc => "OTLP gRPC",
            Self::OtlpHttp => "OTLP HTTP",
            Self::JaegerThrift => "Jaeger Thrift HTTP",
            Self::JaegerGrpc => "Jaeger gRPC",
            Self::JaegerCompact => "Jaeger Thrift compact",
            Self::JaegerBinary => "Jaeger Thrift binary",
            Self::Zipkin => "Zipkin",
            Self::Sampling => "remote sampling",
        })
    }
}

impl Transport {
    /// The scheme of the endpoint's URL.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Tcp => "http",
            Self::Udp => "udp",
        }
    }
}
