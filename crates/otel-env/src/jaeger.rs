//! The settings of the Jaeger exporters.
//!
//! The current specification no longer has them. They are kept as they last were in it, and as the
//! other SDKs still read them.

use std::time::Duration;

use crate::reader::Reader;
use crate::secret::Secret;
use crate::tls::{self, TlsFiles};
use crate::url;
use crate::variables as v;

/// The settings of a Jaeger exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jaeger {
    /// The encoding and the transport.
    pub protocol: JaegerProtocol,
    /// The URL to send spans to, path included; `udp://host:port` over UDP.
    pub endpoint: String,
    /// The variable that sets the endpoint, or would set it.
    pub endpoint_variable: &'static str,
    /// The agent, if spans go over UDP.
    pub agent: Option<Agent>,
    /// The time limit of an export, retries included.
    pub timeout: Duration,
    /// The user of HTTP basic authentication.
    pub user: Option<String>,
    /// The password of HTTP basic authentication.
    pub password: Option<Secret>,
    /// The files of a TLS connection.
    pub tls: TlsFiles,
}

/// The host and port of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The host name or address.
    pub host: String,
    /// The port, not zero.
    pub port: u16,
}

/// An encoding and transport of Jaeger's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JaegerProtocol {
    /// Thrift, binary, over HTTP.
    HttpThrift,
    /// Protobuf over gRPC.
    Grpc,
    /// Thrift, compact, over UDP.
    UdpCompact,
    /// Thrift, binary, over UDP.
    UdpBinary,
}

/// The protocols that a name in `OTEL_TRACES_EXPORTER` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Any,
    Thrift,
    Proto,
}

impl JaegerProtocol {
    const ALL: [Self; 4] = [
        Self::HttpThrift,
        Self::Grpc,
        Self::UdpCompact,
        Self::UdpBinary,
    ];

    /// The name in `OTEL_EXPORTER_JAEGER_PROTOCOL`.
    pub fn name(self) -> &'static str {
        match self {
            Self::HttpThrift => "http/thrift.binary",
            Self::Grpc => "grpc",
            Self::UdpCompact => "udp/thrift.compact",
            Self::UdpBinary => "udp/thrift.binary",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }
}

pub(crate) fn read(reader: &mut Reader<'_>, family: Family) -> Jaeger {
    let protocol = protocol(reader, family);
    let timeout = reader.timeout(&v::JAEGER_TIMEOUT);
    let timeout = timeout.unwrap_or(Duration::from_secs(10));
    match protocol {
        JaegerProtocol::UdpCompact => to_agent(reader, protocol, timeout, 6831),
        JaegerProtocol::UdpBinary => to_agent(reader, protocol, timeout, 6832),
        JaegerProtocol::HttpThrift | JaegerProtocol::Grpc => {
            to_collector(reader, protocol, timeout)
        }
    }
}

/// Exporters with `thrift` or `proto` in their name keep to that protocol whatever the variable
/// says.
fn protocol(reader: &mut Reader<'_>, family: Family) -> JaegerProtocol {
    let named = reader.parse(&v::JAEGER_PROTOCOL, JaegerProtocol::of_name);
    match (family, named) {
        (Family::Any, named) => named.unwrap_or(JaegerProtocol::HttpThrift),
        (Family::Proto, _) => JaegerProtocol::Grpc,
        (Family::Thrift, None | Some(JaegerProtocol::Grpc)) => JaegerProtocol::HttpThrift,
        (Family::Thrift, Some(thrift)) => thrift,
    }
}

fn to_agent(
    reader: &mut Reader<'_>,
    protocol: JaegerProtocol,
    timeout: Duration,
    default_port: u16,
) -> Jaeger {
    let host = reader.text(&v::JAEGER_AGENT_HOST);
    let host = host.unwrap_or_else(|| "localhost".to_owned());
    let port = reader.parse(&v::JAEGER_AGENT_PORT, |text| {
        text.parse::<u16>().ok().filter(|port| *port > 0)
    });
    let port = port.unwrap_or(default_port);
    Jaeger {
        protocol,
        endpoint: format!("udp://{host}:{port}"),
        endpoint_variable: v::JAEGER_AGENT_HOST.name,
        agent: Some(Agent { host, port }),
        timeout,
        user: None,
        password: None,
        tls: TlsFiles::default(),
    }
}

fn to_collector(reader: &mut Reader<'_>, protocol: JaegerProtocol, timeout: Duration) -> Jaeger {
    let (default, bare_scheme) = if protocol == JaegerProtocol::Grpc {
        let insecure = reader.flag(&v::JAEGER_GRPC_INSECURE);
        let bare_scheme = if insecure { "http" } else { "https" };
        ("http://localhost:14250", Some(bare_scheme))
    } else {
        ("http://localhost:14268/api/traces", None)
    };
    let endpoint = url::read(reader, &v::JAEGER_ENDPOINT, bare_scheme);
    let endpoint = endpoint.unwrap_or_else(|| default.to_owned());
    Jaeger {
        protocol,
        endpoint_variable: v::JAEGER_ENDPOINT.name,
        agent: None,
        timeout,
        user: reader.text(&v::JAEGER_USER),
        password: reader.text(&v::JAEGER_PASSWORD).map(Secret::new),
        tls: tls::read(reader, &v::JAEGER_TLS, &endpoint),
        endpoint,
    }
}
