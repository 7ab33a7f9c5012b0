//! The subcommands.

use clap::{Args, Subcommand, ValueEnum};

/// A subcommand.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Asks the backend that runs with these settings if it is ready; the exit code is 0 if it is.
    Health,

    /// Stores the traces and log records of files: Jaeger's JSON, as downloaded from its UI, or
    /// OTLP's JSON, as one message or one per line; also compressed with gzip or zstd.
    ///
    /// They are stored in the data directory or, if a backend is using it, sent to that backend
    /// over its OTLP HTTP port. What cannot be read is reported with its place and skipped; the
    /// exit code is then 1.
    Import(Import),

    /// Writes the traces or, with --logs, the log records of the data directory as JSON or Parquet,
    /// oldest first, to standard output. A backend may be using the directory.
    Export(Export),

    /// Answers a TraceQL query from the data directory, which a backend may be using: prints the
    /// spans of the newest matching traces, or series, one point per line.
    Query(QueryArgs),

    /// Prints log records from the data directory, which a backend may be using: the newest that
    /// match, oldest first.
    Logs(LogsArgs),
}

/// The arguments of `logs`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct LogsArgs {
    /// Only records of this service.
    #[arg(long)]
    pub service: Option<String>,

    /// Only records from this time on: such as 2026-01-31T09:30:00Z, or 2h for two hours ago.
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub from: String,

    /// Only records up to this time.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,

    /// Only records of at least this severity: a name such as warn, or OTLP's number.
    #[arg(long)]
    pub severity: Option<String>,

    /// Only records with this text, in upper or lower case, in the body, the attributes or the
    /// event's name.
    #[arg(long)]
    pub text: Option<String>,

    /// Only records of this trace.
    #[arg(long, value_name = "ID")]
    pub trace: Option<String>,

    /// Only records of this span.
    #[arg(long, value_name = "ID")]
    pub span: Option<String>,

    /// The largest number of records.
    #[arg(long, default_value_t = 100)]
    pub limit: usize,

    /// Go on, and print records as they arrive; records that arrive more than 10 s after later ones
    /// are left out.
    #[arg(long, short)]
    pub follow: bool,

    /// Print OTLP's JSON, one `LogsData` with one record per line.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `query`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct QueryArgs {
    /// The query, such as `{ status = error }` or `{ } | rate() by (name)`.
    pub query: String,

    /// The start of the window: a time such as 2026-01-31T09:30:00Z, or an age such as 2h.
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub from: String,

    /// The end of the window; now by default.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,

    /// The largest number of traces.
    #[arg(long, default_value_t = 20)]
    pub limit: usize,

    /// The step of series, such as 1m; by default it suits the window.
    #[arg(long, value_name = "DURATION")]
    pub step: Option<String>,

    /// Print JSON, one span or series per line.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `import`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Import {
    /// The files; `-` stands for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,

    /// Print a report in JSON on standard output.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `export`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Export {
    /// The format: OTLP, one trace per line, as received; Jaeger's JSON, one document that its UI
    /// can open; or, with the feature `parquet` of otel-backend, Parquet, one span per row.
    #[arg(long, value_enum, default_value_t = Format::Otlp)]
    pub format: Format,

    /// Write log records instead of traces, in OTLP, for the given services, times and traces.
    #[arg(long)]
    pub logs: bool,

    /// Only traces with a span of this service.
    #[arg(long)]
    pub service: Option<String>,

    /// Only traces with a span that starts at or after this time: such as 2026-01-31T09:30:00Z, or
    /// 2h for two hours ago.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,

    /// Only traces with a span that starts at or before this time.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,

    /// Only this trace; may be repeated.
    #[arg(long = "trace", value_name = "ID")]
    pub traces: Vec<String>,

    /// A file to write to instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<String>,
}

/// A format of exported traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// OTLP's JSON, one `TracesData` per line.
    Otlp,
    /// The JSON of Jaeger's query API.
    Jaeger,
    /// Parquet, one span per row.
    #[cfg(feature = "parquet")]
    Parquet,
}
