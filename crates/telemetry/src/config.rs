//! What the environment asks for, read once and checked whole.
//!
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>

mod batch;
mod exporters;
mod jaeger;
mod otlp;
mod percent;
mod propagators;
mod resource;
mod sampler;
mod url;
mod variable;
mod variables;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::Sampler;

pub use batch::Batch;
pub use exporters::Exporter;
pub use jaeger::Jaeger;
pub use otlp::{Otlp, OtlpProtocol, PemFile, TlsFiles};
pub use propagators::Propagator;
pub use variable::{Problem, Variable};
pub use variables::VARIABLES;

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
    /// The limits of each batch processor.
    pub batch: Batch,
    /// The HTTP methods that are not `_OTHER`, where they are not the usual ones.
    pub known_methods: Option<Vec<String>>,
}

impl Config {
    /// Reads the environment of the process.
    pub fn from_env() -> (Self, Vec<Problem>) {
        Self::read(&|name| std::env::var(name).ok())
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
            batch: batch::read(&mut reader),
            known_methods: reader.list(&variables::HTTP_KNOWN_METHODS),
        };
        (config, reader.into_problems())
    }
}

#[cfg(test)]
mod tests;
