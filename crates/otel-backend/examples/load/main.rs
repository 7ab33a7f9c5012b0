//! Loads otel-backend with spans, and another backend if one is given, and reports the cost.
//!
//! ```text
//! cargo build --release -p otel-backend --bins --examples
//! target/release/examples/load
//! target/release/examples/load --peer-otlp 127.0.0.1:10428/insert/opentelemetry/v1/traces \
//!     --peer-query 127.0.0.1:10428/select/jaeger --peer-pid 4711 --peer-data /tmp/victoria
//! ```
//!
//! It starts the otel-backend that was built beside it, with an empty directory. The requests are
//! encoded beforehand, eight for each connection: 8 spans per trace, at least 10 attributes per
//! span, 400 spans per request. Each use of a request has other ids, users and times. CPU seconds
//! are those of the backend alone.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures for people, and numbers that are known to be small"
)]

mod http;
mod jaeger;
mod logs;
mod measure;
mod otlp;
mod process;
mod questions;
mod send;
mod spans;
mod table;
mod template;

use clap::Parser;

use process::Backend;
use table::Table;

/// Loads otel-backend with spans, and another backend if one is given, and reports the cost.
#[derive(Parser)]
struct Options {
    /// The number of spans to send by each protocol, at full speed.
    #[arg(long, default_value_t = 1_000_000)]
    spans: u64,

    /// The number of spans in a request; a multiple of 8.
    #[arg(long, default_value_t = 400)]
    per_request: usize,

    /// The number of connections that send at the same time.
    #[arg(long, default_value_t = 32)]
    connections: u64,

    /// The number of spans per second when the rate is fixed.
    #[arg(long, default_value_t = 20_000)]
    rate: u64,

    /// The seconds of sending at that rate; 0 skips it.
    #[arg(long, default_value_t = 20)]
    seconds: u64,

    /// The kind of spans.
    #[arg(long, value_enum, default_value = "shop")]
    data: spans::Data,

    /// Send by OTLP HTTP only.
    #[arg(long)]
    otlp_only: bool,

    /// The number of log records to send before the spans, to otel-backend only; 0 sends none.
    #[arg(long, default_value_t = 0)]
    logs: u64,

    /// The data directory of otel-backend, which must be empty; by default a temporary one.
    #[arg(long, value_name = "DIRECTORY")]
    data_dir: Option<std::path::PathBuf>,

    #[command(flatten)]
    peer: Peer,
}

/// Another backend, which is already running.
#[derive(Parser)]
struct Peer {
    /// Its OTLP HTTP receiver; the default path is /v1/traces.
    #[arg(id = "peer_otlp", long = "peer-otlp", value_name = "HOST:PORT/PATH")]
    otlp: Option<String>,

    /// Its receiver of Jaeger Thrift over HTTP.
    #[arg(
        id = "peer_thrift",
        long = "peer-thrift",
        value_name = "HOST:PORT",
        requires = "peer_otlp"
    )]
    thrift: Option<String>,

    /// Its Jaeger gRPC receiver.
    #[arg(
        id = "peer_grpc",
        long = "peer-grpc",
        value_name = "HOST:PORT",
        requires = "peer_otlp"
    )]
    grpc: Option<String>,

    /// Its query API in Jaeger's form, with the path before /api.
    #[arg(
        id = "peer_query",
        long = "peer-query",
        value_name = "HOST:PORT/PATH",
        requires = "peer_otlp"
    )]
    query: Option<String>,

    /// Its process id, to report what it used.
    #[arg(
        id = "peer_pid",
        long = "peer-pid",
        value_name = "PID",
        requires = "peer_otlp"
    )]
    pid: Option<u32>,

    /// Its data directory, to report the size.
    #[arg(
        id = "peer_data",
        long = "peer-data",
        value_name = "DIRECTORY",
        requires = "peer_otlp"
    )]
    data: Option<std::path::PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let mut table = Table::default();
    println!("load average before: {}", process::load_average()?);
    let mut backend = Backend::start(options.data_dir.as_deref())?;
    measure::all(&mut backend, &options, &mut table.ours)?;
    drop(backend);
    let peer = Backend::running(&options.peer);
    let peer = peer.map(|mut peer| measure::all(&mut peer, &options, &mut table.peer));
    table.print();
    println!("load average after: {}", process::load_average()?);
    // If the peer fails or has lost a trace, the earlier figures are still printed.
    peer.unwrap_or(Ok(()))
}
