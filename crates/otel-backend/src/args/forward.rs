//! The flags about forwarding.

use clap::Args;

/// The flags that say where spans and log records are forwarded to.
#[derive(Debug, Clone, Args)]
pub struct Forward {
    /// An OTLP endpoint to which spans and log records are sent on once they are stored, such as
    /// `https://otlp.example:4318` or `http://collector:4317`. Headers, such as one with a token, are
    /// taken from the variable `OTEL_BACKEND_FORWARD_HEADERS`, as NAME=VALUE with commas between.
    #[arg(long, env = "OTEL_BACKEND_FORWARD", value_name = "URL")]
    pub forward: Option<String>,

    /// The protocol of that endpoint: `grpc` or `http/protobuf` [default: `grpc` for port 4317, else
    /// `http/protobuf`].
    #[arg(
        long,
        env = "OTEL_BACKEND_FORWARD_PROTOCOL",
        value_name = "PROTOCOL",
        requires = "forward"
    )]
    pub forward_protocol: Option<String>,
}
