#![doc = include_str!("../README.md")]
//!
//! # The variables
#![doc = include_str!("../docs/variables.md")]

mod batch;
mod exporters;
#[cfg(feature = "config-file")]
mod file;
mod http_spans;
mod ignored;
mod jaeger;
mod limits;
mod log_level;
mod logs;
mod otlp;
mod percent;
mod propagators;
mod reader;
mod resource;
mod sampler;
mod secret;
mod tls;
mod url;
mod variable;
mod variables;

use std::ffi::OsStr;

pub use batch::{Batch, Processor};
pub use exporters::Exporter;
pub use http_spans::Http;
pub use ignored::{IGNORED, Ignored};
pub use jaeger::{Agent, Jaeger, JaegerProtocol};
pub use limits::Limits;
pub use log_level::LogLevel;
pub use logs::{Logs, LogsExporter};
pub use otlp::{Otlp, OtlpProtocol};
pub use propagators::Propagator;
pub use resource::{Detector, Resource, Value};
pub use sampler::Sampler;
pub use secret::Secret;
pub use tls::{PemFile, TlsFiles};
pub use url::without_secrets;
pub use variable::{Otherwise, Problem, ProblemKind, Variable};
pub use variables::{GROUPS, Group, variables};

use reader::Reader;

/// The settings of a program.
#[derive(Debug)]
pub struct Config {
    /// True if the SDK is disabled. Propagators still work then.
    pub disabled: bool,
    /// The attributes of the program.
    pub resource: Resource,
    /// The formats in which context travels between programs.
    pub propagators: Vec<Propagator>,
    /// The rule by which spans are recorded and exported.
    pub sampler: Sampler,
    /// The exporters of spans with their batching; empty for none.
    pub processors: Vec<Processor<Exporter>>,
    /// The exporters of log records.
    pub logs: Logs,
    /// The limits of a span.
    pub limits: Limits,
    /// The lowest level of the SDK's own log that is printed.
    pub log_level: LogLevel,
    /// The settings of HTTP spans.
    pub http: Http,
}

impl Config {
    /// Reads the environment of the process.
    pub fn from_env() -> (Self, Vec<Problem>) {
        let (config, mut problems) = Self::read(&process);
        let names = std::env::vars_os().map(|(name, _)| text(&name));
        problems.extend(misspelt(names));
        (config, problems)
    }

    /// Reads the variables from `lookup`. Each value that is not used as it stands is reported as a
    /// problem; the configuration then holds what the specification requires instead.
    ///
    /// With the feature `config-file`, the file that `OTEL_CONFIG_FILE` names takes precedence over
    /// the variables. An unusable file is a problem and disables telemetry.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> (Self, Vec<Problem>) {
        #[cfg(feature = "config-file")]
        if let Some(read) = file::read(lookup) {
            return read;
        }
        Self::of_variables(lookup)
    }

    /// The settings for no telemetry.
    #[cfg(feature = "config-file")]
    fn silent() -> Self {
        Self {
            disabled: true,
            resource: Resource::default(),
            propagators: Vec::new(),
            ..Self::of_variables(&|_| None).0
        }
    }

    fn of_variables(lookup: &dyn Fn(&str) -> Option<String>) -> (Self, Vec<Problem>) {
        let mut reader = Reader::new(lookup);
        #[cfg(not(feature = "config-file"))]
        file_is_not_read(&mut reader);
        let config = Self {
            disabled: reader.flag(&variables::SDK_DISABLED),
            resource: resource::read(&mut reader),
            propagators: propagators::read(&mut reader),
            sampler: sampler::read(&mut reader),
            processors: exporters::read(&mut reader),
            logs: logs::read(&mut reader),
            limits: limits::read(&mut reader),
            log_level: log_level::read(&mut reader),
            http: http_spans::read(&mut reader),
        };
        let mut problems = reader.into_problems();
        problems.extend(ignored::reported(lookup));
        (config, problems)
    }
}

/// A variable of the process.
fn process(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| text(&value))
}

/// A value that is not UTF-8 is kept, with replacement characters, so that it is refused and not
/// overlooked.
fn text(value: &OsStr) -> String {
    value.to_string_lossy().into_owned()
}

#[cfg(not(feature = "config-file"))]
fn file_is_not_read(reader: &mut Reader<'_>) {
    let variable = &variables::CONFIG_FILE;
    if let Some(path) = reader.text(variable) {
        let message = "this program is built without the feature config-file; it is not used";
        let kind = ProblemKind::NotSupported;
        reader.report(kind, variable, &path, message.to_owned());
    }
}

/// Reports names that differ from a known variable by one or two letters.
pub fn misspelt(names: impl Iterator<Item = String>) -> impl Iterator<Item = Problem> {
    // The comparison is slow, and the environment may be large.
    let named_alike = names.filter(|name| name.starts_with("OTEL_"));
    named_alike.filter_map(|name| {
        let known = || variables().map(|variable| variable.name);
        let is_known = known()
            .chain(IGNORED.iter().map(|ignored| ignored.name))
            .any(|known| known == name);
        if is_known {
            return None;
        }
        let meant = known()
            .map(|known| (strsim::damerau_levenshtein(known, &name), known))
            .min()
            .filter(|(distance, _)| *distance <= 2)?
            .1;
        let message = format!("there is no such variable; {meant} is close to it");
        Some(Problem::new(ProblemKind::Misspelt, name, "…", message))
    })
}

#[cfg(test)]
mod tests;
