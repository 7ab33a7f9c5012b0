//! The flags about the storage of traces.

use clap::Args;

/// The flags that decide where and how long traces are kept.
#[derive(Debug, Clone, Args)]
pub struct Keep {
    /// The data directory [default: $XDG_STATE_HOME/otel-backend, or ~/.local/state/otel-backend].
    #[arg(
        long,
        env = "OTEL_BACKEND_DATA_DIR",
        value_name = "DIRECTORY",
        global = true,
        conflicts_with = "memory"
    )]
    pub data_dir: Option<String>,

    /// Keep traces in memory only, until the process ends.
    #[arg(long, env = "OTEL_BACKEND_MEMORY", global = true)]
    pub memory: bool,

    /// The time to keep traces, such as 72h or 7d, counted from the start of the latest span, or
    /// from its arrival if that was earlier; `off` keeps them as long as there is room.
    #[arg(
        long,
        env = "OTEL_BACKEND_RETENTION",
        default_value = "off",
        value_name = "TIME"
    )]
    pub retention: String,

    /// The space that traces may use, such as 500MB or 10GiB; the oldest are removed to stay within
    /// it. `off` sets no limit [default: 10GiB, or 256MiB with --memory].
    #[arg(long, env = "OTEL_BACKEND_MAX_DISK", value_name = "SIZE")]
    pub max_disk: Option<String>,

    /// The moment at which spans are acknowledged: with `normal` they survive the death of the
    /// process, with `full` also a power failure, which is slower.
    #[arg(
        long,
        env = "OTEL_BACKEND_SYNC",
        default_value = "normal",
        value_name = "MODE"
    )]
    pub sync: String,
}
