//! The doctor follows the path of a program's spans, and names the first hop that fails and what to
//! do.
//!
//! It reads the same `OTEL_*` variables in the same way as the program, and does what the program
//! would do: resolve the name, connect, shake hands, send a span. Then it looks for the span in the
//! backend.

pub mod args;
mod diagnosis;
mod path;
mod port;
mod report;
mod settings;
mod target;

pub use args::DoctorArgs;
pub use diagnosis::{Diagnosis, Hop, Stage, State};
pub use report::{json, text};
pub use settings::Environment;

use path::Path;
use settings::{Settings, is_set};
use target::Target;

use crate::protocol::Protocol;

/// The result of each hop. The path ends at the first one that fails.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Examination {
    /// The hops, in the order of the path.
    pub hops: Vec<Hop>,
}

impl Examination {
    /// The hop that fails, if any.
    pub fn failure(&self) -> Option<&Hop> {
        self.hops
            .iter()
            .find(|hop| matches!(hop.state, State::Failed(_)))
    }
}

/// What the programs of different languages make of an agent whose protocol is not named.
const AGENT: &str = "no variable names Jaeger's protocol, and this took UDP to the agent that is named, as Python and \
     Java do; programs with otel-auto do so only with OTEL_EXPORTER_JAEGER_PROTOCOL=udp/thrift.compact";

const ENDPOINT: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];

/// Follows the path.
pub fn examine(environment: &Environment, args: &DoctorArgs) -> Examination {
    let mut hops = Vec::new();
    let settings = Settings::resolve(environment);
    if let Some(failure) = settings.misunderstood.first() {
        hops.push(failure.clone());
        return Examination { hops };
    }
    hops.push(Hop::fine(Stage::Variables, settings.summary()));
    let is_udp = |target: &Target| target.protocol.is_udp();
    if settings.is_agent_meant && settings.targets.iter().any(is_udp) {
        hops.push(Hop::fine(Stage::Variables, AGENT.to_owned()));
    }
    for hop in settings.hops() {
        let failed = matches!(hop.state, State::Failed(_));
        hops.push(hop);
        if failed {
            return Examination { hops };
        }
    }
    for target in &settings.targets {
        let mut path = Path::new(target, args);
        let outcome = path.walk();
        hops.append(&mut path.hops);
        if let Err(failure) = outcome {
            hops.push(failure);
            break;
        }
        if target.protocol == Protocol::OtlpHttp && !settings.is_protocol_named {
            let mut path = Path::new(target, args);
            path.guess(is_set(environment, &ENDPOINT));
            hops.append(&mut path.hops);
        }
    }
    Examination { hops }
}
