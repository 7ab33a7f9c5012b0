//! The builder of UDP exporters.

use std::sync::Mutex;

use super::UdpTransport;
use super::protocol::Protocol;
use crate::env::{self, Env};
use crate::mapping::Mapping;
use crate::{BuildError, SpanExporter};

const DEFAULT_HOST: &str = "localhost";
/// The largest datagram that Jaeger's agents accept.
const DEFAULT_MAX_PACKET_SIZE: usize = 65_000;
/// The largest datagram over IPv4: 65,535 bytes less two headers.
const LARGEST_PACKET_SIZE: usize = 65_507;

/// Builds a [`SpanExporter`] that sends Thrift over UDP. Made by [`SpanExporter::udp`].
///
/// A setting that is not made in code comes from the environment, or has its default.
///
/// ```
/// use std::net::UdpSocket;
///
/// use jaeger_exporter::SpanExporter;
/// use opentelemetry::trace::{Tracer, TracerProvider};
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// // An agent, which is one socket here.
/// let agent = UdpSocket::bind("127.0.0.1:0")?;
/// let exporter = SpanExporter::udp()
///     .with_host("127.0.0.1")
///     .with_port(agent.local_addr()?.port())
///     .with_max_packet_size(9_000)
///     .compact()
///     .build()?;
///
/// let provider = SdkTracerProvider::builder()
///     .with_simple_exporter(exporter)
///     .build();
/// provider.tracer("till").in_span("pay", |_| {});
///
/// let mut packet = [0; 9_000];
/// let length = agent.recv(&mut packet)?;
/// assert!(packet[..length].windows(3).any(|bytes| bytes == b"pay"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
#[derive(Debug, Clone)]
pub struct UdpBuilder {
    env: Env,
    protocol: Protocol,
    host: Option<String>,
    port: Option<u16>,
    max_packet_size: usize,
    mapping: Mapping,
}

impl UdpBuilder {
    pub(crate) fn new(env: Env) -> Self {
        Self {
            env,
            protocol: Protocol::Compact,
            host: None,
            port: None,
            max_packet_size: DEFAULT_MAX_PACKET_SIZE,
            mapping: Mapping::default(),
        }
    }

    /// Reads the environment variables from `lookup` instead of the process's environment.
    pub fn with_env(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        self.env = Env::read(lookup);
        self
    }

    /// Sends Thrift's compact protocol, by default to port 6831. This is the default.
    pub fn compact(mut self) -> Self {
        self.protocol = Protocol::Compact;
        self
    }

    /// Sends Thrift's binary protocol, by default to port 6832.
    pub fn binary(mut self) -> Self {
        self.protocol = Protocol::Binary;
        self
    }

    /// The host name or address of the agent. The default is `localhost`.
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The agent's port.
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The largest datagram in bytes, without the headers of UDP and IP. The default is 65,000, the
    /// most that Jaeger accepts. By default macOS sends no more than 9,216.
    pub fn with_max_packet_size(mut self, bytes: usize) -> Self {
        self.max_packet_size = bytes;
        self
    }

    /// Also sends the scope under its deprecated names `otel.library.name` and
    /// `otel.library.version`, for backends that know only those.
    pub fn with_library_tags(mut self) -> Self {
        self.mapping.library_tags = true;
        self
    }

    /// Builds the exporter. The host is looked up at the first export.
    ///
    /// # Errors
    /// [`BuildError`] names the setting, its value, and the values that are accepted.
    pub fn build(self) -> Result<SpanExporter, BuildError> {
        let transport = UdpTransport {
            host: self.host()?,
            port: self.port()?,
            protocol: self.protocol,
            max_packet_size: self.max_packet_size()?,
            state: Mutex::default(),
        };
        let UdpTransport { host, port, .. } = &transport;
        let endpoint = if host.contains(':') {
            format!("udp://[{host}]:{port}")
        } else {
            format!("udp://{host}:{port}")
        };
        Ok(SpanExporter::new(
            endpoint,
            self.mapping,
            Box::new(transport),
        ))
    }

    fn host(&self) -> Result<String, BuildError> {
        let (setting, host) = match (&self.host, self.env.get(env::AGENT_HOST)) {
            (Some(host), _) => ("with_host", host.as_str()),
            (None, Some(host)) => (env::AGENT_HOST, host),
            (None, None) => ("with_host", DEFAULT_HOST),
        };
        let is_address = host.parse::<std::net::Ipv6Addr>().is_ok();
        let has_other_parts = host.contains(['/', '@', ':', ' ']);
        if host.is_empty() || (has_other_parts && !is_address) {
            let expected = "a host's name or address, without scheme and port";
            return Err(BuildError::setting(setting, host, expected));
        }
        Ok(host.to_owned())
    }

    fn port(&self) -> Result<u16, BuildError> {
        match self.port {
            Some(0) => Err(BuildError::setting(
                "with_port",
                "0",
                "a port from 1 to 65535",
            )),
            Some(port) => Ok(port),
            None => Ok(self
                .env
                .port(env::AGENT_PORT)?
                .unwrap_or(self.protocol.port())),
        }
    }

    fn max_packet_size(&self) -> Result<usize, BuildError> {
        let bytes = self.max_packet_size;
        if (1..=LARGEST_PACKET_SIZE).contains(&bytes) {
            return Ok(bytes);
        }
        let expected = format!("a number of bytes from 1 to {LARGEST_PACKET_SIZE}");
        Err(BuildError::setting(
            "with_max_packet_size",
            bytes.to_string(),
            expected,
        ))
    }
}
