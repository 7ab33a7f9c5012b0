//! Where traces are kept, and how long.

use clap::Args;

/// The flags that say where and how long traces are kept.
#[derive(Debug, Clone, Args)]
pub struct Keep {
    /// Where traces are kept [default: $XDG_STATE_HOME/otel-backend, or
    /// ~/.local/state/otel-backend].
    #[arg(
        long,
        env = "OTEL_BACKEND_DATA_DIR",
        value_name = "DIRECTORY",
        conflicts_with = "memory"
    )]
    pub data_dir: Option<String>,

    /// Keep traces in memory only, until the process ends.
    #[arg(long, env = "OTEL_BACKEND_MEMORY")]
    pub memory: bool,

    /// How long traces are kept, such as 72h or 7d, by the start of their latest span, or by when it
    /// came if that was before; `off` for as long as there is room.
    #[arg(
        long,
        env = "OTEL_BACKEND_RETENTION",
        default_value = "off",
        value_name = "TIME"
    )]
    pub retention: String,

    /// How much room traces may take, such as 500MB or 10GiB; beyond it the oldest go. `off` for as
    /// much as there is [default: 10GiB, or 256MiB with --memory].
    #[arg(long, env = "OTEL_BACKEND_MAX_DISK", value_name = "SIZE")]
    pub max_disk: Option<String>,

    /// What an acknowledgement waits for: `normal`, so that spans survive the death of the process,
    /// or `full`, so that they survive a power cut too, at a price in speed.
    #[arg(
        long,
        env = "OTEL_BACKEND_SYNC",
        default_value = "normal",
        value_name = "MODE"
    )]
    pub sync: String,
}
