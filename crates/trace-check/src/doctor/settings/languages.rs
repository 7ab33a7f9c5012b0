//! Values that the SDKs of other languages accept and Rust's does not.

use super::Environment;

const EXPORTER: &str = "OTEL_TRACES_EXPORTER";
const AGENT_HOST: &str = "OTEL_EXPORTER_JAEGER_AGENT_HOST";
const JAEGER_ENDPOINT: &str = "OTEL_EXPORTER_JAEGER_ENDPOINT";
const JAEGER_PROTOCOL: &str = "OTEL_EXPORTER_JAEGER_PROTOCOL";
const OTLP_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";

/// The variables translated to the specification's values, and whether spans also go to Zipkin.
pub(super) struct Translated {
    pub(super) environment: Environment,
    pub(super) zipkin: bool,
    /// True if Jaeger's protocol is that of the agent because its host is named.
    pub(super) agent: bool,
}

pub(super) fn translate(environment: &Environment) -> Translated {
    let mut environment = environment.clone();
    let mut zipkin = false;
    let mut names = Vec::new();
    let given = environment.get(EXPORTER).cloned().unwrap_or_default();
    for name in given.split(',').map(str::trim) {
        match name.to_ascii_lowercase().as_str() {
            "" => {}
            "zipkin" => zipkin = true,
            // Python's names include the protocol.
            "otlp_proto_http" => names.push(otlp(&mut environment, "http/protobuf")),
            "otlp_proto_grpc" => names.push(otlp(&mut environment, "grpc")),
            _ => names.push(name),
        }
    }
    if names.is_empty() && zipkin {
        names.push("none");
    }
    environment.insert(EXPORTER.to_owned(), names.join(","));
    let agent = name_the_agent(&mut environment);
    Translated {
        environment,
        zipkin,
        agent,
    }
}

fn otlp(environment: &mut Environment, protocol: &str) -> &'static str {
    environment.insert(OTLP_PROTOCOL.to_owned(), protocol.to_owned());
    "otlp"
}

/// In Python and Java, an agent without an endpoint means Thrift over UDP. Returns true if that was
/// added.
fn name_the_agent(environment: &mut Environment) -> bool {
    let is_set = |name| {
        let value = environment.get(name);
        value.is_some_and(|value| !value.trim().is_empty())
    };
    let is_meant = is_set(AGENT_HOST) && !is_set(JAEGER_ENDPOINT) && !is_set(JAEGER_PROTOCOL);
    if is_meant {
        let compact = "udp/thrift.compact".to_owned();
        environment.insert(JAEGER_PROTOCOL.to_owned(), compact);
    }
    is_meant
}
