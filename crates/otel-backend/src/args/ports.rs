//! The flags for the ports of the protocols.

use clap::Args;

/// One port for each [`Endpoint`](crate::config::Endpoint), as typed.
#[derive(Debug, Clone, Args)]
pub struct Ports {
    /// The port of the trace page, the query API, /health and /metrics.
    #[arg(
        long,
        env = "OTEL_BACKEND_UI_PORT",
        default_value = "16686",
        value_name = "PORT"
    )]
    pub ui_port: String,

    /// The port of the query API over gRPC.
    #[arg(
        long,
        env = "OTEL_BACKEND_QUERY_GRPC_PORT",
        default_value = "16685",
        value_name = "PORT"
    )]
    pub query_grpc_port: String,

    /// The port for OTLP over gRPC.
    #[arg(
        long,
        env = "OTEL_BACKEND_OTLP_GRPC_PORT",
        default_value = "4317",
        value_name = "PORT"
    )]
    pub otlp_grpc_port: String,

    /// The port for OTLP over HTTP, protobuf and JSON.
    #[arg(
        long,
        env = "OTEL_BACKEND_OTLP_HTTP_PORT",
        default_value = "4318",
        value_name = "PORT"
    )]
    pub otlp_http_port: String,

    /// The port for Jaeger Thrift over HTTP.
    #[arg(
        long,
        env = "OTEL_BACKEND_JAEGER_THRIFT_PORT",
        default_value = "14268",
        value_name = "PORT"
    )]
    pub jaeger_thrift_port: String,

    /// The port for Jaeger over gRPC.
    #[arg(
        long,
        env = "OTEL_BACKEND_JAEGER_GRPC_PORT",
        default_value = "14250",
        value_name = "PORT"
    )]
    pub jaeger_grpc_port: String,

    /// The UDP port for Jaeger Thrift, compact.
    #[arg(
        long,
        env = "OTEL_BACKEND_JAEGER_COMPACT_PORT",
        default_value = "6831",
        value_name = "PORT"
    )]
    pub jaeger_compact_port: String,

    /// The UDP port for Jaeger Thrift, binary.
    #[arg(
        long,
        env = "OTEL_BACKEND_JAEGER_BINARY_PORT",
        default_value = "6832",
        value_name = "PORT"
    )]
    pub jaeger_binary_port: String,

    /// The port for Zipkin's JSON, v1 and v2, and its protobuf, v2.
    #[arg(
        long,
        env = "OTEL_BACKEND_ZIPKIN_PORT",
        default_value = "9411",
        value_name = "PORT"
    )]
    pub zipkin_port: String,

    /// The port for remote sampling by Jaeger's clients.
    #[arg(
        long,
        env = "OTEL_BACKEND_SAMPLING_PORT",
        default_value = "5778",
        value_name = "PORT"
    )]
    pub sampling_port: String,
}
