//! The `OTEL_*` variables, read by the programs' own code, and their meaning for the path of a
//! span.

mod languages;

use std::collections::BTreeMap;

use otel_env::{
    Config, Exporter, Jaeger, JaegerProtocol, Otlp, OtlpProtocol, PemFile, Problem, ProblemKind,
    Sampler, Variable, misspelt, variables, without_secrets,
};

use super::diagnosis::{Diagnosis, Hop, Stage};
use super::target::Target;
use crate::protocol::Protocol;
use crate::send::Security;

/// The variables of a program. An empty one counts as unset.
pub type Environment = BTreeMap<String, String>;

const CONFIG_FILE: &str = "OTEL_CONFIG_FILE";
const PROTOCOL: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
];
const ZIPKIN_ENDPOINT: &str = "OTEL_EXPORTER_ZIPKIN_ENDPOINT";

/// Returns true if one of these variables has a value.
pub(super) fn is_set(environment: &Environment, names: &[&str]) -> bool {
    let mut values = names.iter().filter_map(|name| environment.get(*name));
    values.any(|value| !value.is_empty())
}

/// The settings from the variables.
#[derive(Debug)]
pub(super) struct Settings {
    /// Hops for variables that are not understood.
    pub(super) misunderstood: Vec<Hop>,
    /// The targets of the spans.
    pub(super) targets: Vec<Target>,
    /// True if a variable or a file names OTLP's protocol.
    pub(super) is_protocol_named: bool,
    /// True if only the host of an agent says that Jaeger's spans go over UDP.
    pub(super) is_agent_meant: bool,
    /// The file that takes precedence over all variables.
    file: Option<String>,
    disabled: bool,
    /// The names of the exporters, separated by commas.
    exporters: String,
    sampler: Sampler,
}

impl Settings {
    pub(super) fn resolve(environment: &Environment) -> Self {
        let translated = languages::translate(environment);
        let (config, problems) = Config::read(&|name| translated.environment.get(name).cloned());
        let file = environment.get(CONFIG_FILE).map(|path| path.trim());
        let file = file.filter(|path| !path.is_empty()).map(str::to_owned);
        let slips = misspelt(environment.keys().cloned());
        let mut misunderstood: Vec<_> = slips.chain(problems).filter_map(misunderstood).collect();
        let mut targets = Vec::new();
        let mut names = Vec::new();
        for processor in &config.processors {
            let target = match &processor.exporter {
                Exporter::Console => {
                    names.push("console");
                    continue;
                }
                Exporter::Otlp(otlp) => {
                    names.push("otlp");
                    of_otlp(otlp)
                }
                Exporter::Jaeger(jaeger) => {
                    names.push("jaeger");
                    of_jaeger(jaeger)
                }
            };
            match target {
                Ok(target) => targets.push(target),
                Err(hop) => misunderstood.push(hop),
            }
        }
        if translated.zipkin && file.is_none() {
            names.push("zipkin");
            targets.push(of_zipkin(environment));
        }
        if names.is_empty() {
            names.push("none");
        }
        let is_protocol_named = file.is_some() || is_set(&translated.environment, &PROTOCOL);
        Self {
            misunderstood,
            targets,
            is_protocol_named,
            is_agent_meant: file.is_none() && translated.agent,
            file,
            disabled: config.disabled,
            exporters: names.join(","),
            sampler: config.sampler,
        }
    }

    pub(super) fn summary(&self) -> String {
        let targets: Vec<_> = self
            .targets
            .iter()
            .map(|target| {
                format!(
                    "{} to {}",
                    target.protocol,
                    without_secrets(&target.endpoint)
                )
            })
            .collect();
        match targets.as_slice() {
            [] => "all understood".to_owned(),
            targets => format!("all understood: {}", targets.join(", ")),
        }
    }

    /// The name of a setting: the variable, or the file with the key.
    fn setting(&self, variable: &str, key: &str) -> String {
        match &self.file {
            Some(file) => format!("{key} of {file}"),
            None => variable.to_owned(),
        }
    }

    /// The hops within the program: exporter and sampler.
    pub(super) fn hops(&self) -> Vec<Hop> {
        let mut hops = Vec::new();
        if self.disabled {
            let setting = self.setting("OTEL_SDK_DISABLED", "disabled");
            hops.push(Hop::failed(
                Stage::Exporter,
                Diagnosis::SdkDisabled,
                format!("{setting} is true: there is no tracing at all"),
                format!("set {setting} to false"),
            ));
            return hops;
        }
        let names = &self.exporters;
        let setting = self.setting("OTEL_TRACES_EXPORTER", "tracer_provider.processors");
        hops.push(if self.targets.is_empty() {
            Hop::failed(
                Stage::Exporter,
                Diagnosis::NotExported,
                format!("{setting} is {names:?}: spans go to no backend"),
                format!("set {setting} to an exporter that sends, such as otlp"),
            )
        } else {
            Hop::fine(Stage::Exporter, names.clone())
        });
        let setting = self.setting("OTEL_TRACES_SAMPLER", "tracer_provider.sampler");
        hops.push(sampler_hop(&self.sampler, &setting));
        hops
    }
}

/// A failed hop for a bad value; `None` if the value does not affect where spans go.
fn misunderstood(problem: Problem) -> Option<Hop> {
    let Problem {
        kind,
        variable,
        value,
        message,
    } = problem;
    match kind {
        ProblemKind::Refused => {}
        ProblemKind::Misspelt => return Some(slip(&variable, &message)),
        ProblemKind::InFile => return Some(in_file(&variable, &value, &message)),
        _ => return None,
    }
    let diagnosis = if variable.ends_with("_ENDPOINT") {
        Diagnosis::EndpointInvalid
    } else {
        Diagnosis::VariableNotUnderstood
    };
    let reason = if message.starts_with("accepted: ") {
        "it is not understood"
    } else {
        &message
    };
    let row = variables().find(|row| row.name == variable);
    let accepted = row.map_or("", |row| row.accepts);
    let instead = row.and_then(Variable::instead).unwrap_or_default();
    Some(Hop::failed(
        Stage::Variables,
        diagnosis,
        format!("{variable} is {value:?}: {reason}"),
        format!("set {variable} to {accepted}; until then: {instead}"),
    ))
}

/// A failed hop for a fault in the configuration file. `variable` is the place in the file.
fn in_file(variable: &str, value: &str, message: &str) -> Hop {
    let value = match value {
        "" => String::new(),
        value => format!(" is {value:?}"),
    };
    Hop::failed(
        Stage::Variables,
        Diagnosis::VariableNotUnderstood,
        format!("{variable}{value}: {message}"),
        "correct the file; until then there is no telemetry at all".to_owned(),
    )
}

fn slip(variable: &str, message: &str) -> Hop {
    Hop::failed(
        Stage::Variables,
        Diagnosis::VariableNotUnderstood,
        format!("{variable}: {message}"),
        "write the name that is close to it, or unset it".to_owned(),
    )
}

fn sampler_hop(sampler: &Sampler, setting: &str) -> Hop {
    let (root, parent_based) = match sampler {
        Sampler::ParentBased(root) => (root.as_ref(), "parentbased_"),
        root => (root, ""),
    };
    let (name, ratio) = match root {
        Sampler::AlwaysOff => ("always_off", 0.0),
        Sampler::TraceIdRatioBased(ratio) => ("traceidratio", *ratio),
        Sampler::AlwaysOn | Sampler::ParentBased(_) => ("always_on", 1.0),
    };
    let name = format!("{parent_based}{name}");
    if ratio <= 0.0 {
        let with = match root {
            Sampler::TraceIdRatioBased(_) => " with ratio 0",
            _ => "",
        };
        return Hop::failed(
            Stage::Sampler,
            Diagnosis::SampledOut,
            format!("{setting} is {name}{with}: no trace is sampled"),
            format!("set {setting} to one that samples, or leave it out"),
        );
    }
    if ratio >= 1.0 {
        return Hop::fine(Stage::Sampler, name);
    }
    let percent = ratio * 100.0;
    Hop::fine(
        Stage::Sampler,
        format!("{name}: {percent} % of traces are exported, the others never appear"),
    )
}

fn of_otlp(otlp: &Otlp) -> Result<Target, Hop> {
    let protocol = match otlp.protocol {
        OtlpProtocol::Grpc => Protocol::OtlpGrpc,
        OtlpProtocol::HttpProtobuf => Protocol::OtlpHttp,
        OtlpProtocol::HttpJson => Protocol::OtlpJson,
    };
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = otlp.headers.iter();
    let security = Security {
        authorities: certificates(otlp.tls.certificate.as_ref())?,
        headers: headers
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect(),
    };
    let variable = otlp.endpoint_variable;
    Ok(Target::new(protocol, variable, &otlp.endpoint, security))
}

fn of_jaeger(jaeger: &Jaeger) -> Result<Target, Hop> {
    let protocol = match jaeger.protocol {
        JaegerProtocol::HttpThrift => Protocol::ThriftHttp,
        JaegerProtocol::Grpc => Protocol::JaegerGrpc,
        JaegerProtocol::UdpCompact => Protocol::ThriftCompact,
        JaegerProtocol::UdpBinary => Protocol::ThriftBinary,
    };
    let mut security = Security {
        authorities: certificates(jaeger.tls.certificate.as_ref())?,
        headers: Vec::new(),
    };
    if let Some(user) = &jaeger.user {
        let password = jaeger.password.as_ref();
        security.basic(user, password.map_or("", |password| password.expose()));
    }
    let variable = jaeger.endpoint_variable;
    Ok(Target::new(protocol, variable, &jaeger.endpoint, security))
}

fn of_zipkin(environment: &Environment) -> Target {
    let endpoint = environment.get(ZIPKIN_ENDPOINT).map(|value| value.trim());
    let endpoint = match endpoint {
        Some(endpoint) if !endpoint.is_empty() => endpoint,
        _ => "http://localhost:9411/api/v2/spans",
    };
    Target::new(
        Protocol::Zipkin,
        ZIPKIN_ENDPOINT,
        endpoint,
        Security::default(),
    )
}

/// The authorities in `file`; empty for those of the system.
fn certificates(file: Option<&PemFile>) -> Result<Vec<u8>, Hop> {
    let Some(PemFile { variable, path }) = file else {
        return Ok(Vec::new());
    };
    std::fs::read(path).map_err(|error| {
        Hop::failed(
            Stage::Variables,
            Diagnosis::VariableNotUnderstood,
            format!("{variable}={} cannot be read: {error}", path.display()),
            format!("set {variable} to a PEM file of the authorities to trust"),
        )
    })
}
