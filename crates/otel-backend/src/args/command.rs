//! The subcommands.

use clap::{Args, Subcommand, ValueEnum};

/// A subcommand.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Asks the backend that runs with these settings whether it is ready; exit code 0 says yes.
    Health,

    /// Stores the traces and log records of files: Jaeger's JSON, as its UI downloads it, or OTLP's, one
    /// message or one a line; also packed with gzip or zstd.
    ///
    /// They go into the data directory or, if a backend is using it, to that backend over its OTLP
    /// HTTP port. Anything that cannot be read is reported with its place and skipped; the exit code
    /// is then 1.
    Import(Import),

    /// Writes the traces or, with --logs, the log records of the data directory, whether or not a backend is using it, oldest first,
    /// as JSON to standard output.
    Export(Export),

    /// Answers a TraceQL query from the data directory, whether or not a backend is using it: prints
    /// the spans of the newest traces that match, or series, one point a line.
    Query(QueryArgs),

    /// Prints log records of the data directory, whether or not a backend is using it: of those that
    /// match the newest, oldest first.
    Logs(LogsArgs),
}

/// The arguments of `logs`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct LogsArgs {
    /// Only records of this service.
    #[arg(long)]
    pub service: Option<String>,

    /// Only records of this time or later: such as 2026-01-31T09:30:00Z, or 2h for two hours ago.
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub from: String,

    /// Only records of this time or earlier.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,

    /// Only records at least as severe: a name such as warn, or a number of OTLP's.
    #[arg(long)]
    pub severity: Option<String>,

    /// Only records with this text, in any case of its letters, in the body, the attributes or the
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

    /// Go on, and print records as they come; those that come more than 10 s later than others are
    /// left out.
    #[arg(long, short)]
    pub follow: bool,

    /// Print OTLP's JSON, a `LogsData` with one record a line.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `query`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct QueryArgs {
    /// The query, such as `{ status = error }` or `{ } | rate() by (name)`.
    pub query: String,

    /// The beginning of the window: a time such as 2026-01-31T09:30:00Z, or an age such as 2h.
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub from: String,

    /// The end of the window; now by default.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,

    /// The largest number of traces.
    #[arg(long, default_value_t = 20)]
    pub limit: usize,

    /// The step of series, such as 1m; chosen to suit the window by default.
    #[arg(long, value_name = "DURATION")]
    pub step: Option<String>,

    /// Print JSON, one span or series a line.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `import`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Import {
    /// The files; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,

    /// Print a report in JSON on standard output.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `export`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Export {
    /// The format: OTLP, one trace a line, as received; or Jaeger's JSON, one document that its UI
    /// opens.
    #[arg(long, value_enum, default_value_t = Format::Otlp)]
    pub format: Format,

    /// Log records instead of traces, in OTLP: those of the service, times and traces that are given.
    #[arg(long)]
    pub logs: bool,

    /// Only traces with a span of this service.
    #[arg(long)]
    pub service: Option<String>,

    /// Only traces with a span that starts at this time or later: such as 2026-01-31T09:30:00Z, or
    /// 2h for two hours ago.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,

    /// Only traces with a span that starts at this time or earlier.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,

    /// Only this trace; may be given several times.
    #[arg(long = "trace", value_name = "ID")]
    pub traces: Vec<String>,

    /// A file to write to instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<String>,
}

/// A format of exported traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// OTLP's JSON, a `TracesData` a line.
    Otlp,
    /// The JSON of Jaeger's query API.
    Jaeger,
}
