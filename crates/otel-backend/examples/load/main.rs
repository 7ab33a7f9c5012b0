//! Loads otel-backend with spans, beside another backend if one is named, and says what that cost.
//!
//! ```text
//! cargo build --release -p otel-backend --bins --examples
//! target/release/examples/load
//! target/release/examples/load --peer-otlp 127.0.0.1:10428/insert/opentelemetry/v1/traces \
//!     --peer-query 127.0.0.1:10428/select/jaeger --peer-pid 4711 --peer-data /tmp/victoria
//! ```
//!
//! It starts the otel-backend that was built beside it, on an empty directory. The requests are
//! encoded beforehand, eight for each connection: 8 spans a trace, 10 attributes a span or more, 400
//! spans a request; each use of one has other ids, users and times. CPU seconds are those of the backend
//! alone.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures for people, and numbers that are known to be small"
)]

mod http;
mod jaeger;
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

/// Loads otel-backend with spans, beside another backend if one is named, and says what that cost.
#[derive(Parser)]
struct Options {
    /// How many spans to send by each protocol, as fast as they are taken.
    #[arg(long, default_value_t = 1_000_000)]
    spans: u64,

    /// How many spans a request has; a multiple of 8.
    #[arg(long, default_value_t = 400)]
    per_request: usize,

    /// How many connections send at the same time.
    #[arg(long, default_value_t = 32)]
    connections: u64,

    /// How many spans a second to send when the rate is fixed.
    #[arg(long, default_value_t = 20_000)]
    rate: u64,

    /// How many seconds to send at that rate; 0 leaves it out.
    #[arg(long, default_value_t = 20)]
    seconds: u64,

    /// What the spans are like.
    #[arg(long, value_enum, default_value = "shop")]
    data: spans::Data,

    /// Send by OTLP HTTP only.
    #[arg(long)]
    otlp_only: bool,

    /// Where otel-backend is to keep its data, instead of a temporary directory; it must be empty.
    #[arg(long, value_name = "DIRECTORY")]
    data_dir: Option<std::path::PathBuf>,

    #[command(flatten)]
    peer: Peer,
}

/// Another backend, which is running.
#[derive(Parser)]
struct Peer {
    /// Its OTLP HTTP receiver; without a path, /v1/traces.
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

    /// Jaeger's query API, with what comes before /api.
    #[arg(
        id = "peer_query",
        long = "peer-query",
        value_name = "HOST:PORT/PATH",
        requires = "peer_otlp"
    )]
    query: Option<String>,

    /// Its process, to say what it used.
    #[arg(
        id = "peer_pid",
        long = "peer-pid",
        value_name = "PID",
        requires = "peer_otlp"
    )]
    pid: Option<u32>,

    /// Its data directory, to say how large it is.
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
    // A peer that fails, or has lost a trace, still has the figures measured before.
    peer.unwrap_or(Ok(()))
}
