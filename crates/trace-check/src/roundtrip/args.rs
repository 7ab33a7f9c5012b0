//! What can be asked of a round trip.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use super::Settings;
use crate::model::{Plan, Scenario};
use crate::protocol::{ParseProtocolError, Protocol};
use crate::read::{Backend, Kind};
use crate::seconds::seconds;

/// The arguments of `roundtrip`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, clap::Args)]
pub struct RoundtripArgs {
    /// The backend's query API: of Jaeger, Tempo, otel-backend or `VictoriaTraces`. Which one it is,
    /// is found out by asking.
    #[arg(env = "TRACE_QUERY_URL", default_value = "http://127.0.0.1:16686")]
    pub url: String,
    /// What the JSON calls the backend, with its version, for example.
    #[arg(long)]
    pub name: Option<String>,
    /// Say that this Jaeger keeps spans in its older model, as with Badger, Cassandra or Elasticsearch,
    /// which nobody can tell by asking.
    #[arg(long)]
    pub older_model: bool,
    /// The protocols to send by, with commas between; each must then be received. By default all that
    /// are: thrift-http, thrift-compact, thrift-binary, jaeger-grpc, otlp-grpc, otlp-http, otlp-json,
    /// zipkin.
    #[arg(long, value_delimiter = ',', value_name = "PROTOCOL")]
    pub protocols: Vec<Protocol>,
    /// Where a protocol is received: PROTOCOL=URL, or PROTOCOL=HOST:PORT, or PROTOCOL=PORT. By default
    /// at the protocol's usual port of the backend's host.
    #[arg(long, value_name = "PROTOCOL=ADDRESS")]
    pub receiver: Vec<Receiver>,
    /// The traces to send, with commas between. By default all but huge, which has 50,000 spans.
    #[arg(long, value_delimiter = ',', value_parser = scenario, value_name = "TRACE")]
    pub traces: Vec<Scenario>,
    /// What the traces are a function of, together with the time.
    #[arg(long)]
    pub seed: Option<u64>,
    /// When the traces start, in RFC 3339; a minute ago by default.
    #[arg(long, value_name = "TIME")]
    pub at: Option<jiff::Timestamp>,
    /// Send nothing, and look for what an earlier run sent with this seed and time: after a restart,
    /// for example.
    #[arg(long, requires = "seed", requires = "at")]
    pub check_only: bool,
    /// Change each trace that came back, one field at a time, and require that every change is
    /// reported.
    #[arg(long)]
    pub prove: bool,
    /// How long a trace may take until it is visible, in seconds.
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub timeout: Duration,
    /// Print JSON for programs instead of a report for people.
    #[arg(long)]
    pub json: bool,
    /// Write `JUnit`'s XML to this file too.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// Where a protocol is received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    protocol: Protocol,
    address: String,
}

impl FromStr for Receiver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, address) = text
            .split_once('=')
            .ok_or("expected PROTOCOL=ADDRESS, for example otlp-http=4318")?;
        Ok(Self {
            protocol: name
                .parse()
                .map_err(|error: ParseProtocolError| error.to_string())?,
            address: address.to_owned(),
        })
    }
}

fn scenario(name: &str) -> Result<Scenario, String> {
    let names = Scenario::ALL.map(Scenario::name).join(", ");
    Scenario::from_name(name).ok_or_else(|| format!("the traces are {names}"))
}

/// Spans are a little older than now, so that searches that end before now find them.
const AGE: Duration = Duration::from_mins(1);

impl RoundtripArgs {
    /// What to do with this backend.
    pub fn settings(&self, backend: &Backend) -> Settings {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let at = match self.at {
            Some(at) => u64::try_from(at.as_nanosecond()).unwrap_or_default(),
            None => now.saturating_sub(AGE).as_secs() * 1_000_000_000,
        };
        let all_but_huge = || Scenario::ALL.into_iter().filter(|s| *s != Scenario::Huge);
        Settings {
            name: self.name.clone(),
            plan: Plan {
                seed: self.seed.unwrap_or(u64::from(now.subsec_nanos())),
                at,
            },
            receivers: self.receivers(backend),
            all_required: !self.protocols.is_empty(),
            scenarios: if self.traces.is_empty() {
                all_but_huge().collect()
            } else {
                self.traces.clone()
            },
            check_only: self.check_only,
            prove: self.prove,
            timeout: self.timeout,
        }
    }

    fn receivers(&self, backend: &Backend) -> Vec<(Protocol, String)> {
        let protocols: Vec<Protocol> = match (self.protocols.as_slice(), backend.kind) {
            // What listens at the other ports of its host is another backend.
            ([], Kind::VictoriaTraces) => vec![Protocol::OtlpHttp],
            ([], _) => Protocol::ALL.to_vec(),
            (named, _) => named.to_vec(),
        };
        let given = |protocol| {
            let given = self.receiver.iter().rfind(|r| r.protocol == protocol);
            given.map(|receiver| receiver.address.as_str())
        };
        protocols
            .into_iter()
            .map(|protocol| (protocol, endpoint(protocol, given(protocol), backend)))
            .collect()
    }
}

/// The whole address of a receiver, from as much of it as is given.
fn endpoint(protocol: Protocol, given: Option<&str>, backend: &Backend) -> String {
    if let Some(url) = given.filter(|address| address.contains("://")) {
        return url.to_owned();
    }
    let victoria = backend.url.strip_suffix("/select/jaeger");
    if let (None, Some(base)) = (given, victoria) {
        return format!("{base}/insert/opentelemetry/v1/traces");
    }
    let host = host(&backend.url);
    let authority = match given {
        None => format!("{host}:{}", protocol.port()),
        Some(port) if port.parse::<u16>().is_ok() => format!("{host}:{port}"),
        Some(authority) => authority.to_owned(),
    };
    if protocol.is_udp() {
        authority
    } else if protocol.is_grpc() {
        format!("http://{authority}")
    } else {
        format!("http://{authority}{}", protocol.path())
    }
}

/// The host of a URL, in brackets if it is an address of IPv6.
fn host(url: &str) -> String {
    let uri = url.parse::<http::Uri>();
    let host = uri.ok().and_then(|uri| uri.host().map(str::to_owned));
    host.unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Backend {
        Backend {
            kind: Kind::OtelBackend,
            url: url.to_owned(),
            apis: Vec::new(),
        }
    }

    #[test]
    fn an_address_is_completed() {
        let backend = at("http://traces.example.com:16686");
        let end = |protocol, given| endpoint(protocol, given, &backend);
        assert_eq!(
            end(Protocol::ThriftHttp, None),
            "http://traces.example.com:14268/api/traces"
        );
        assert_eq!(
            end(Protocol::OtlpGrpc, Some("9")),
            "http://traces.example.com:9"
        );
        assert_eq!(end(Protocol::ThriftCompact, Some("[::1]:5")), "[::1]:5");
        assert_eq!(end(Protocol::Zipkin, Some("http://x/y")), "http://x/y");
        assert_eq!(host("http://[::1]:16686/base"), "[::1]");
        assert_eq!(host("http://[::1]"), "[::1]");
        assert_eq!(host("https://a.b"), "a.b");
    }

    #[test]
    fn a_receiver_names_a_protocol() {
        assert!("otlp-http=4318".parse::<Receiver>().is_ok());
        assert!("otlp-http".parse::<Receiver>().is_err());
        let error = "smoke=1".parse::<Receiver>().unwrap_err();
        assert!(error.contains("thrift-http"), "{error}");
    }
}
