//! What can be asked on the command line.

use std::{path::PathBuf, str::FromStr, time::Duration};

use clap::{Parser, Subcommand};

use crate::doctor::DoctorArgs;
use crate::read::Api;
use crate::roundtrip::args::RoundtripArgs;
use crate::watch::WatchArgs;

/// Proves that a trace arrived.
///
/// Exit codes: 0 when everything was found, 1 when something is missing or differs, 2 when the
/// question itself could not be answered.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Waits until a URL answers with a 2xx status.
    Wait(WaitArgs),
    /// Compares the spans that programs printed with what the backend returns.
    Verify(VerifyArgs),
    /// Sends traces that are hard to carry by every protocol, reads them back, and compares field by
    /// field.
    Roundtrip(RoundtripArgs),
    /// Walks the path of a program's spans, and names the first hop that fails and what to do. Run it
    /// with the variables OTEL_* that the program has.
    Doctor(DoctorArgs),
    /// Follows traces as they arrive: a line each, until Ctrl-C.
    Watch(WatchArgs),
}

/// The arguments of `wait`.
#[derive(Debug, clap::Args)]
pub struct WaitArgs {
    /// The URL to ask, for example <http://127.0.0.1:16686/health>.
    pub url: String,
    /// How long to wait at most, in seconds.
    #[arg(long, default_value = "30", value_parser = seconds)]
    pub timeout: Duration,
}

/// The arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// The backend's query API.
    #[arg(
        long,
        env = "TRACE_QUERY_URL",
        default_value = "http://127.0.0.1:16686"
    )]
    pub query_url: String,
    /// The language of that API.
    #[arg(long, env = "TRACE_QUERY_API", value_enum, default_value = "jaeger")]
    pub query_api: Api,
    /// The address to show for each trace, with `{trace_id}` in it.
    #[arg(
        long,
        env = "TRACE_URL_TEMPLATE",
        default_value = "http://127.0.0.1:16686/trace/{trace_id}"
    )]
    pub trace_url: String,
    /// How long to wait for all traces together, in seconds.
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub timeout: Duration,
    /// Print JSON for programs instead of a table for people.
    #[arg(long)]
    pub json: bool,
    /// One sample each: NAME:PROTOCOL:SPANS:FILE[,FILE…]. SPANS is how many spans the sample makes;
    /// the FILEs hold what its programs printed.
    #[arg(required = true)]
    pub samples: Vec<Sample>,
}

/// A sample whose trace is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The sample's name, as shown in the table.
    pub name: String,
    /// The protocol it exports by, as shown in the table.
    pub protocol: String,
    /// How many spans its trace has.
    pub spans: usize,
    /// The files that hold what its programs printed.
    pub printed: Vec<PathBuf>,
}

/// A sample that is not written as `NAME:PROTOCOL:SPANS:FILE[,FILE…]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected NAME:PROTOCOL:SPANS:FILE[,FILE…], for example manual-grpc:Jaeger gRPC:3:out.log")]
pub struct ParseSampleError;

impl FromStr for Sample {
    type Err = ParseSampleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(4, ':');
        let mut part = || {
            parts
                .next()
                .filter(|part| !part.is_empty())
                .ok_or(ParseSampleError)
        };
        Ok(Self {
            name: part()?.to_owned(),
            protocol: part()?.to_owned(),
            spans: part()?.parse().map_err(|_| ParseSampleError)?,
            printed: part()?.split(',').map(PathBuf::from).collect(),
        })
    }
}

/// Reads a time in seconds, `0.5` included.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "expected seconds, for example 10")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_names_its_files() {
        let sample: Sample = "automatic:Thrift over HTTP:4:client.out,server.out"
            .parse()
            .unwrap();
        assert_eq!(sample.name, "automatic");
        assert_eq!(sample.protocol, "Thrift over HTTP");
        assert_eq!(sample.spans, 4);
        assert_eq!(
            sample.printed,
            [PathBuf::from("client.out"), PathBuf::from("server.out")]
        );
    }

    #[test]
    fn a_sample_with_a_part_missing_is_refused() {
        for text in [
            "",
            "a",
            "a:b",
            "a:b:3",
            "a:b:3:",
            "a:b:many:file",
            ":b:3:file",
        ] {
            assert_eq!(text.parse::<Sample>(), Err(ParseSampleError), "{text}");
        }
    }
}
