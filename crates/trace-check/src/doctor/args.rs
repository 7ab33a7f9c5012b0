//! The arguments of the doctor.

use std::time::Duration;

use crate::seconds::seconds;

/// The arguments of `doctor`.
#[derive(Debug, Clone, clap::Args)]
pub struct DoctorArgs {
    /// The query API to read traces from; by default ports 16686 and 3200 of the receiver's host are tried.
    #[arg(long, env = "TRACE_QUERY_URL", value_name = "URL")]
    pub query_url: Option<String>,
    /// The time limit of a hop, in seconds.
    #[arg(long, default_value = "5", value_parser = seconds)]
    pub timeout: Duration,
    /// Print JSON for programs instead of lines for people.
    #[arg(long)]
    pub json: bool,
}
