//! The command line as typed.

mod command;
mod forward;
mod keep;
mod ports;

use std::path::PathBuf;

use clap::Parser;

pub use command::{Command, Export, Format, Import, LogsArgs, QueryArgs};
pub use forward::Forward;
pub use keep::Keep;
pub use ports::Ports;

/// A small tracing backend: receives OTLP, Jaeger and Zipkin, keeps traces on disk, answers Jaeger's query
/// API, shows a trace page.
///
/// A port is a number, or 0 for any free port, or `off` to disable the protocol.
#[derive(Debug, Clone, Parser)]
#[command(version, max_term_width = 100)]
pub struct Args {
    /// A task to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The address to listen on. There is no login, so everyone who can reach the address can read
    /// all traces.
    #[arg(
        long,
        env = "OTEL_BACKEND_LISTEN",
        default_value = "127.0.0.1",
        value_name = "ADDRESS"
    )]
    pub listen: String,

    /// An additional name of this machine that requests may use, such as traces.example, or
    /// .example for all names below it. Always allowed are localhost, addresses, names without a
    /// dot, and names that end in .localhost, .local or .internal. With --listen on another
    /// address, names are checked only if this flag is given.
    #[arg(
        long,
        env = "OTEL_BACKEND_ALLOWED_HOSTS",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub allow_host: Vec<String>,

    /// An additional origin of web pages that may send spans, such as `https://shop.example`; a *
    /// stands for any part. Pages of this machine always may.
    #[arg(
        long,
        env = "OTEL_BACKEND_CORS_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub cors_origin: Vec<String>,

    /// The path of the trace page and the query APIs, such as /tracing, for a proxy that passes it
    /// on; /health and /metrics stay where they are. A proxy that removes the path needs no such
    /// flag.
    #[arg(
        long,
        env = "OTEL_BACKEND_BASE_PATH",
        default_value = "/",
        value_name = "PATH"
    )]
    pub base_path: String,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would become the help of the program"
    )]
    pub ports: Ports,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would become the help of the program"
    )]
    pub keep: Keep,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would become the help of the program"
    )]
    pub forward: Forward,

    /// A file of sampling strategies for Jaeger's clients, in Jaeger's format; it is read again
    /// when it changes [default: everything is sampled].
    #[arg(long, env = "OTEL_BACKEND_SAMPLING_FILE", value_name = "FILE")]
    pub sampling_file: Option<PathBuf>,

    /// Refuse metrics (404; gRPC: UNIMPLEMENTED), so that their senders report the loss; by default
    /// they are accepted, counted and dropped.
    #[arg(long, env = "OTEL_BACKEND_REFUSE_METRICS")]
    pub refuse_metrics: bool,

    /// Show agents, under /mcp, the values of attributes with names like token, password or cookie;
    /// by default they read `[redacted]`.
    #[arg(long, env = "OTEL_BACKEND_SHOW_SECRETS")]
    pub show_secrets: bool,

    /// Limits, as NAME=VALUE with commas between. Of a request: body, its bytes as sent
    /// (16MiB); decompressed, its bytes then (16MiB); spans (100000); elements, its attributes,
    /// events, links and values (500000); attribute, the bytes of one (1MiB). Of all together:
    /// queue, bytes being received or stored (96MiB); forward, bytes that wait to be forwarded (64MiB);
    /// connections (16000).
    #[arg(
        long,
        env = "OTEL_BACKEND_LIMITS",
        value_name = "NAME=VALUE",
        value_delimiter = ','
    )]
    pub limits: Vec<String>,
}
