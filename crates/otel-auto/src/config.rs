//! What the environment asks for, read once and checked whole.
//!
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>
#![doc = include_str!("../docs/variables.md")]

mod batch;
mod exporters;
mod http;
mod ignored;
mod jaeger;
mod limits;
mod log_level;
mod logs;
mod otlp;
mod percent;
mod propagators;
mod resource;
mod sampler;
mod url;
mod variable;
mod variables;

use std::ffi::OsString;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::Sampler;
use tracing_subscriber::filter::LevelFilter;

pub use batch::Batch;
pub use exporters::Exporter;
pub use http::Http;
pub use ignored::{IGNORED, Ignored};
pub use jaeger::Jaeger;
pub use limits::Limits;
pub use logs::{Logs, LogsExporter};
pub use otlp::{Otlp, OtlpProtocol, PemFile, TlsFiles};
pub use propagators::Propagator;
pub use variable::{Problem, Variable};
pub use variables::{GROUPS, Group, variables};

pub(crate) use resource::program;

use variable::Reader;

/// The configuration of tracing for one program.
#[derive(Debug)]
pub struct Config {
    /// Whether the SDK is switched off. Propagators still work then.
    pub disabled: bool,
    /// What produces the spans.
    pub resource: Resource,
    /// How the context travels between programs.
    pub propagators: Vec<Propagator>,
    /// Which spans are recorded and exported.
    pub sampler: Sampler,
    /// Where spans go; empty for nowhere.
    pub exporters: Vec<Exporter>,
    /// How each batch processor gathers spans.
    pub batch: Batch,
    /// Where log records go.
    pub logs: Logs,
    /// How much one span may hold.
    pub limits: Limits,
    /// How much of the SDK's own log is printed.
    pub log_level: LevelFilter,
    /// What HTTP spans record.
    pub http: Http,
}

impl Config {
    /// Reads the environment of the process.
    pub fn from_env() -> (Self, Vec<Problem>) {
        // Lossy, so that a value that is not UTF-8 is refused as what it is and not overlooked.
        let text = |value: OsString| value.to_string_lossy().into_owned();
        let (config, mut problems) = Self::read(&|name| std::env::var_os(name).map(text));
        let names = std::env::vars_os().map(|(name, _)| text(name));
        problems.extend(ignored::misspelt(names));
        (config, problems)
    }

    /// Reads the variables that `lookup` gives. Every value that is not honoured as it stands is
    /// a problem; the rest of the configuration then holds what the specification says instead.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> (Self, Vec<Problem>) {
        let mut reader = Reader::new(lookup);
        let config = Self {
            disabled: reader.flag(&variables::SDK_DISABLED),
            resource: resource::read(&mut reader),
            propagators: propagators::read(&mut reader),
            sampler: sampler::read(&mut reader),
            exporters: exporters::read(&mut reader),
            batch: batch::spans(&mut reader),
            logs: logs::read(&mut reader),
            limits: limits::read(&mut reader),
            log_level: log_level::read(&mut reader),
            http: http::read(&mut reader),
        };
        let mut problems = reader.into_problems();
        problems.extend(ignored::reported(lookup));
        (config, problems)
    }
}

#[cfg(test)]
mod tests;
