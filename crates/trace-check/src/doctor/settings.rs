//! The `OTEL_*` variables, resolved as the specification says, by code of the doctor's own.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>,
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

mod names;

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::diagnosis::{Diagnosis, Hop, Stage};
use super::target::Target;
use crate::protocol::Protocol;
use crate::send::Security;

/// The variables of a program. An empty one counts as unset.
pub type Environment = BTreeMap<String, String>;

/// What the variables say.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// Variables that nobody understands.
    pub(super) misunderstood: Vec<Hop>,
    /// Where spans go.
    pub(super) targets: Vec<Target>,
    disabled: bool,
    exporters: Vec<String>,
    sampler: String,
    ratio: Option<f64>,
}

const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

const EXPORTERS: [&str; 7] = [
    "otlp",
    "jaeger",
    "jaeger_thrift",
    "jaeger_proto",
    "zipkin",
    "console",
    "none",
];

const OTLP_PROTOCOLS: [&str; 3] = ["grpc", "http/protobuf", "http/json"];

const JAEGER_PROTOCOLS: [&str; 4] = [
    "http/thrift.binary",
    "grpc",
    "udp/thrift.compact",
    "udp/thrift.binary",
];

/// Reads variables, and notes what it does not understand.
struct Reader<'a> {
    environment: &'a Environment,
    misunderstood: Vec<Hop>,
}

impl Reader<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let value = self.environment.get(name)?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The value of the first variable that is set, and its name.
    fn first(&self, names: &[&str]) -> Option<(String, String)> {
        names
            .iter()
            .find_map(|name| Some(((*name).to_owned(), self.get(name)?)))
    }

    fn complain(&mut self, name: &str, value: &str, accepted: &str) {
        self.misunderstood.push(Hop::failed(
            Stage::Variables,
            Diagnosis::VariableNotUnderstood,
            format!("{name} is {value:?}, which is not understood"),
            format!("set {name} to {accepted}; until then the default is used"),
        ));
    }

    fn one_of(&mut self, names: &[&str], accepted: &[&str], default: &str) -> String {
        let Some((name, value)) = self.first(names) else {
            return default.to_owned();
        };
        let value = value.to_lowercase();
        if accepted.contains(&value.as_str()) {
            return value;
        }
        self.complain(&name, &value, &format!("one of {}", accepted.join(", ")));
        default.to_owned()
    }

    fn boolean(&mut self, names: &[&str]) -> bool {
        self.one_of(names, &["true", "false"], "false") == "true"
    }

    /// Whole numbers are checked where a bad one changes what arrives.
    fn number(&mut self, name: &str) {
        if let Some(value) = self.get(name)
            && value.parse::<u64>().is_err()
        {
            self.complain(name, &value, "a whole number");
        }
    }

    fn headers(&mut self, names: &[&str]) -> Vec<(String, String)> {
        let Some((name, value)) = self.first(names) else {
            return Vec::new();
        };
        let mut headers = Vec::new();
        for pair in value.split(',').filter(|pair| !pair.trim().is_empty()) {
            let Some((key, value)) = pair.split_once('=') else {
                self.complain(&name, pair, "key=value pairs with commas between");
                continue;
            };
            let value = percent_decode_str(value.trim()).decode_utf8_lossy();
            headers.push((key.trim().to_lowercase(), value.into_owned()));
        }
        headers
    }

    fn certificate(&mut self, names: &[&str]) -> Vec<u8> {
        let Some((name, path)) = self.first(names) else {
            return Vec::new();
        };
        match std::fs::read(&path) {
            Ok(pem) => pem,
            Err(error) => {
                self.complain(&name, &path, &format!("a file that can be read ({error})"));
                Vec::new()
            }
        }
    }
}

impl Settings {
    pub(super) fn resolve(environment: &Environment) -> Self {
        let mut reader = Reader {
            environment,
            misunderstood: names::unknown(environment),
        };
        let disabled = reader.boolean(&["OTEL_SDK_DISABLED"]);
        let exporters = exporters(&mut reader);
        let sampler = reader.one_of(&["OTEL_TRACES_SAMPLER"], &SAMPLERS, "parentbased_always_on");
        let ratio = ratio(&mut reader, &sampler);
        for name in [
            "OTEL_BSP_SCHEDULE_DELAY",
            "OTEL_BSP_EXPORT_TIMEOUT",
            "OTEL_BSP_MAX_QUEUE_SIZE",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_EXPORTER_JAEGER_TIMEOUT",
        ] {
            reader.number(name);
        }
        let targets = exporters
            .iter()
            .filter_map(|exporter| match exporter.as_str() {
                "otlp" => Some(otlp(&mut reader)),
                "jaeger" | "jaeger_thrift" | "jaeger_proto" => Some(jaeger(&mut reader, exporter)),
                "zipkin" => Some(zipkin(&reader)),
                _ => None,
            })
            .collect();
        Self {
            misunderstood: reader.misunderstood,
            targets,
            disabled,
            exporters,
            sampler,
            ratio,
        }
    }

    pub(super) fn summary(&self) -> String {
        let targets: Vec<_> = self
            .targets
            .iter()
            .map(|target| format!("{} to {}", target.protocol, target.endpoint))
            .collect();
        match targets.as_slice() {
            [] => "all understood".to_owned(),
            targets => format!("all understood: {}", targets.join(", ")),
        }
    }

    /// What happens to spans within the program.
    pub(super) fn hops(&self) -> Vec<Hop> {
        let mut hops = Vec::new();
        if self.disabled {
            hops.push(Hop::failed(
                Stage::Exporter,
                Diagnosis::SdkDisabled,
                "OTEL_SDK_DISABLED is true: there is no tracing at all",
                "unset OTEL_SDK_DISABLED",
            ));
            return hops;
        }
        let names = self.exporters.join(",");
        hops.push(if self.targets.is_empty() {
            Hop::failed(
                Stage::Exporter,
                Diagnosis::NotExported,
                format!("OTEL_TRACES_EXPORTER is {names:?}: spans go to no backend"),
                "set OTEL_TRACES_EXPORTER to otlp or jaeger, or unset it",
            )
        } else {
            Hop::fine(Stage::Exporter, names)
        });
        hops.push(self.sampler_hop());
        hops
    }

    fn sampler_hop(&self) -> Hop {
        let none = self.ratio == Some(0.0);
        if self.sampler.ends_with("always_off") || none {
            let what = if none { " with ratio 0" } else { "" };
            return Hop::failed(
                Stage::Sampler,
                Diagnosis::SampledOut,
                format!(
                    "OTEL_TRACES_SAMPLER is {}{what}: no trace is sampled",
                    self.sampler
                ),
                "set OTEL_TRACES_SAMPLER to parentbased_always_on, or unset it",
            );
        }
        match self.ratio {
            Some(ratio) if ratio < 1.0 => Hop::fine(
                Stage::Sampler,
                format!(
                    "{}: {} % of traces are exported, the others never appear",
                    self.sampler,
                    ratio * 100.0
                ),
            ),
            _ => Hop::fine(Stage::Sampler, self.sampler.clone()),
        }
    }
}

fn exporters(reader: &mut Reader<'_>) -> Vec<String> {
    let name = "OTEL_TRACES_EXPORTER";
    let Some(value) = reader.get(name) else {
        return vec!["otlp".to_owned()];
    };
    let mut exporters = Vec::new();
    for exporter in value.split(',').map(|e| e.trim().to_lowercase()) {
        if EXPORTERS.contains(&exporter.as_str()) {
            exporters.push(exporter);
        } else {
            let accepted = format!("a list of {}", EXPORTERS.join(", "));
            reader.complain(name, &exporter, &accepted);
        }
    }
    exporters
}

fn ratio(reader: &mut Reader<'_>, sampler: &str) -> Option<f64> {
    if !sampler.ends_with("traceidratio") {
        return None;
    }
    let name = "OTEL_TRACES_SAMPLER_ARG";
    let Some(value) = reader.get(name) else {
        return Some(1.0);
    };
    match value.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Some(ratio),
        _ => {
            reader.complain(name, &value, "a number from 0 to 1");
            Some(1.0)
        }
    }
}

fn otlp(reader: &mut Reader<'_>) -> Target {
    let protocol = reader.one_of(
        &[
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "OTEL_EXPORTER_OTLP_PROTOCOL",
        ],
        &OTLP_PROTOCOLS,
        "http/protobuf",
    );
    let protocol = match protocol.as_str() {
        "grpc" => Protocol::OtlpGrpc,
        "http/json" => Protocol::OtlpJson,
        _ => Protocol::OtlpHttp,
    };
    let own = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let (variable, endpoint) = match (reader.get(own), reader.get("OTEL_EXPORTER_OTLP_ENDPOINT")) {
        (Some(endpoint), _) => (own, endpoint),
        (None, Some(base)) => {
            let endpoint = if protocol.is_grpc() {
                base
            } else {
                format!("{}/v1/traces", base.trim_end_matches('/'))
            };
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        }
        (None, None) => ("OTEL_EXPORTER_OTLP_ENDPOINT", default_endpoint(protocol)),
    };
    let insecure = reader.boolean(&[
        "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
        "OTEL_EXPORTER_OTLP_INSECURE",
    ]);
    let security = Security {
        authorities: reader.certificate(&[
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
        ]),
        headers: reader.headers(&[
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
            "OTEL_EXPORTER_OTLP_HEADERS",
        ]),
    };
    Target::new(
        protocol,
        variable,
        &with_scheme(protocol, &endpoint, insecure),
        security,
    )
}

fn jaeger(reader: &mut Reader<'_>, exporter: &str) -> Target {
    let default = if exporter == "jaeger_proto" {
        "grpc"
    } else {
        "http/thrift.binary"
    };
    let named = reader.one_of(
        &["OTEL_EXPORTER_JAEGER_PROTOCOL"],
        &JAEGER_PROTOCOLS,
        default,
    );
    let protocol = match (exporter, named.as_str()) {
        ("jaeger_proto", _) | (_, "grpc") => Protocol::JaegerGrpc,
        (_, "udp/thrift.compact") => Protocol::ThriftCompact,
        (_, "udp/thrift.binary") => Protocol::ThriftBinary,
        _ => Protocol::ThriftHttp,
    };
    let mut security = Security {
        authorities: reader.certificate(&["OTEL_EXPORTER_JAEGER_CERTIFICATE"]),
        headers: Vec::new(),
    };
    if let Some(user) = reader.get("OTEL_EXPORTER_JAEGER_USER") {
        let password = reader.get("OTEL_EXPORTER_JAEGER_PASSWORD");
        security.basic(&user, &password.unwrap_or_default());
    }
    if protocol.is_udp() {
        let host = reader.get("OTEL_EXPORTER_JAEGER_AGENT_HOST");
        let port = reader.get("OTEL_EXPORTER_JAEGER_AGENT_PORT");
        let host = host.unwrap_or_else(|| "localhost".to_owned());
        let port = port.unwrap_or_else(|| protocol.port().to_string());
        let endpoint = format!("udp://{host}:{port}");
        return Target::new(
            protocol,
            "OTEL_EXPORTER_JAEGER_AGENT_HOST",
            &endpoint,
            security,
        );
    }
    let name = "OTEL_EXPORTER_JAEGER_ENDPOINT";
    let endpoint = reader
        .get(name)
        .unwrap_or_else(|| default_endpoint(protocol));
    let insecure = reader.boolean(&["OTEL_EXPORTER_JAEGER_GRPC_INSECURE"]);
    Target::new(
        protocol,
        name,
        &with_scheme(protocol, &endpoint, insecure),
        security,
    )
}

fn zipkin(reader: &Reader<'_>) -> Target {
    let name = "OTEL_EXPORTER_ZIPKIN_ENDPOINT";
    let endpoint = reader.get(name);
    let endpoint = endpoint.unwrap_or_else(|| default_endpoint(Protocol::Zipkin));
    Target::new(Protocol::Zipkin, name, &endpoint, Security::default())
}

fn default_endpoint(protocol: Protocol) -> String {
    let path = if protocol.is_grpc() {
        ""
    } else {
        protocol.path()
    };
    format!("http://localhost:{}{path}", protocol.port())
}

/// For gRPC, an endpoint may be host and port; whether it is TLS then stands in a variable.
fn with_scheme(protocol: Protocol, endpoint: &str, insecure: bool) -> String {
    if protocol.is_grpc() && !endpoint.contains("://") {
        let scheme = if insecure { "http" } else { "https" };
        return format!("{scheme}://{endpoint}");
    }
    endpoint.to_owned()
}
