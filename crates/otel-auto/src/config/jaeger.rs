//! The settings of the Jaeger exporters.
//!
//! The specification no longer has them; they are as it last had them, and as the other SDKs
//! still read them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::url;
use super::variable::{Reader, Variable};
use super::variables as v;

/// The settings of a Jaeger exporter.
#[derive(Clone, PartialEq, Eq)]
pub struct Jaeger {
    /// An encoding and transport, as `OTEL_EXPORTER_JAEGER_PROTOCOL` names it.
    pub protocol: &'static str,
    /// How long one export may take, with its retries.
    pub timeout: Duration,
    /// The other variables that have a value that is accepted.
    variables: BTreeMap<&'static str, String>,
}

/// Which protocols a name in `OTEL_TRACES_EXPORTER` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Any,
    Thrift,
    Proto,
}

const HTTP_THRIFT: &str = "http/thrift.binary";
const GRPC: &str = "grpc";
const UDP_COMPACT: &str = "udp/thrift.compact";
const UDP_BINARY: &str = "udp/thrift.binary";

impl Jaeger {
    /// Where the spans go.
    pub fn endpoint(&self) -> String {
        let value = |variable: &Variable, default: &str| {
            let value = self.variables.get(variable.name);
            value.map_or_else(|| default.to_owned(), Clone::clone)
        };
        let agent = |port| {
            let host = value(&v::JAEGER_AGENT_HOST, "localhost");
            format!("udp://{host}:{}", value(&v::JAEGER_AGENT_PORT, port))
        };
        match self.protocol {
            UDP_COMPACT => agent("6831"),
            UDP_BINARY => agent("6832"),
            GRPC => value(&v::JAEGER_ENDPOINT, "http://localhost:14250"),
            _ => value(&v::JAEGER_ENDPOINT, "http://localhost:14268/api/traces"),
        }
    }

    /// The variable that says where the spans go.
    pub(crate) fn endpoint_variable(&self) -> &'static str {
        match self.protocol {
            UDP_COMPACT | UDP_BINARY => v::JAEGER_AGENT_HOST.name,
            _ => v::JAEGER_ENDPOINT.name,
        }
    }

    /// The value of a variable for the exporter.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        match name {
            _ if name == v::JAEGER_PROTOCOL.name => Some(self.protocol.to_owned()),
            _ if name == v::JAEGER_TIMEOUT.name => Some(self.timeout.as_millis().to_string()),
            _ => self.variables.get(name).cloned(),
        }
    }
}

/// Names without values, but for the endpoint: among them is a password.
impl fmt::Debug for Jaeger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jaeger")
            .field("protocol", &self.protocol)
            .field("timeout", &self.timeout)
            .field("endpoint", &self.variables.get(v::JAEGER_ENDPOINT.name))
            .field("variables", &self.variables.keys())
            .finish()
    }
}

pub(super) fn read(reader: &mut Reader<'_>, family: Family) -> Jaeger {
    let protocol = protocol(reader, family);
    let timeout = reader.timeout(&v::JAEGER_TIMEOUT);
    Jaeger {
        protocol,
        timeout: timeout.unwrap_or(Duration::from_secs(10)),
        variables: variables(reader, protocol).collect(),
    }
}

fn protocol(reader: &mut Reader<'_>, family: Family) -> &'static str {
    let named = reader.parse(&v::JAEGER_PROTOCOL, |name| {
        let known = [HTTP_THRIFT, GRPC, UDP_COMPACT, UDP_BINARY];
        known
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name))
    });
    match (family, named) {
        (Family::Any, named) => named.unwrap_or(HTTP_THRIFT),
        (Family::Proto, _) => GRPC,
        (Family::Thrift, None | Some(GRPC)) => HTTP_THRIFT,
        (Family::Thrift, Some(thrift)) => thrift,
    }
}

/// The variables that matter to `protocol`, as far as they have a value that is accepted.
fn variables(
    reader: &mut Reader<'_>,
    protocol: &'static str,
) -> impl Iterator<Item = (&'static str, String)> {
    let mut found = Vec::new();
    let mut keep = |variable: &'static Variable, value: Option<String>| {
        found.extend(value.map(|value| (variable.name, value)));
    };
    if protocol.starts_with("udp/") {
        keep(&v::JAEGER_AGENT_HOST, reader.text(&v::JAEGER_AGENT_HOST));
        let port = reader.parse(&v::JAEGER_AGENT_PORT, |text| {
            text.parse::<u16>().ok().filter(|port| *port > 0)
        });
        keep(&v::JAEGER_AGENT_PORT, port.map(|port| port.to_string()));
        return found.into_iter();
    }
    let endpoint = endpoint(reader, protocol);
    let default = "the default endpoint".to_owned();
    let tls = endpoint.clone().unwrap_or(default);
    keep(&v::JAEGER_ENDPOINT, endpoint);
    for variable in [&v::JAEGER_USER, &v::JAEGER_PASSWORD] {
        keep(variable, reader.text(variable));
    }
    for variable in [
        &v::JAEGER_CERTIFICATE,
        &v::JAEGER_CLIENT_CERTIFICATE,
        &v::JAEGER_CLIENT_KEY,
    ] {
        keep(variable, reader.tls_file(variable, &tls));
    }
    found.into_iter()
}

fn endpoint(reader: &mut Reader<'_>, protocol: &'static str) -> Option<String> {
    if protocol != GRPC {
        return url::read(reader, &v::JAEGER_ENDPOINT, None);
    }
    let insecure = reader.flag(&v::JAEGER_GRPC_INSECURE);
    let bare_scheme = if insecure { "http" } else { "https" };
    url::read(reader, &v::JAEGER_ENDPOINT, Some(bare_scheme))
}
