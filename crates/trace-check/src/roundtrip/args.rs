//! The arguments of a round trip.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use super::Settings;
use crate::model::{Plan, Scenario};
use crate::protocol::{ParseProtocolError, Protocol};
use crate::read::{Backend, Kind};
use crate::seconds::seconds;

/// The arguments of `roundtrip`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, clap::Args)]
pub struct RoundtripArgs {
    /// The backend's query API: of Jaeger, Tempo, otel-backend or `VictoriaTraces`; the kind is
    /// detected.
    #[arg(env = "TRACE_QUERY_URL", default_value = "http://127.0.0.1:16686")]
    pub url: String,
    /// The name of the backend in the JSON, for example with its version.
    #[arg(long)]
    pub name: Option<String>,
    /// Say that this Jaeger stores spans in its older model, as with Badger, Cassandra or
    /// Elasticsearch, since that cannot be detected.
    #[arg(long)]
    pub older_model: bool,
    /// The protocols to send by, separated by commas; each must have a receiver. By default all
    /// that have one: thrift-http, thrift-compact, thrift-binary, jaeger-grpc, otlp-grpc,
    /// otlp-http, otlp-json, zipkin.
    #[arg(long, value_delimiter = ',', value_name = "PROTOCOL")]
    pub protocols: Vec<Protocol>,
    /// The receiver of a protocol: PROTOCOL=URL, PROTOCOL=HOST:PORT or PROTOCOL=PORT. The default
    /// is the protocol's usual port on the backend's host.
    #[arg(long, value_name = "PROTOCOL=ADDRESS")]
    pub receiver: Vec<Receiver>,
    /// The traces to send, separated by commas. By default all but huge, which has 50,000 spans.
    #[arg(long, value_delimiter = ',', value_parser = scenario, value_name = "TRACE")]
    pub traces: Vec<Scenario>,
    /// The seed of the traces, which together with the time determines them.
    #[arg(long)]
    pub seed: Option<u64>,
    /// The time at which the traces start, in RFC 3339; by default a minute ago.
    #[arg(long, value_name = "TIME")]
    pub at: Option<jiff::Timestamp>,
    /// Send nothing, but look for what an earlier run sent with this seed and time, for example
    /// after a restart.
    #[arg(long, requires = "seed", requires = "at")]
    pub check_only: bool,
    /// Send no log records to otel-backend. A Collector in front of it refuses log records whose ids
    /// have a wrong length.
    #[arg(long)]
    pub spans_only: bool,
    /// Also prove the comparison: change each returned trace one field at a time, and require that
    /// every change is reported.
    #[arg(long)]
    pub prove: bool,
    /// The longest to wait for a trace to become visible, in seconds.
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub timeout: Duration,
    /// Print JSON for programs instead of a report for people.
    #[arg(long)]
    pub json: bool,
    /// Also write `JUnit` XML to this file.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// The receiver of a protocol.
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
    Scenario::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Scenario::all().map(|s| s.to_string()).collect();
        format!("the traces are {}", names.join(", "))
    })
}

/// Spans start a little in the past, so that searches that end now find them.
const AGE: Duration = Duration::from_mins(1);

impl RoundtripArgs {
    /// The settings for this backend.
    pub fn settings(&self, backend: &Backend) -> Settings {
        let now = UNIX_EPOCH.elapsed().unwrap_or_default();
        let at = match self.at {
            Some(at) => u64::try_from(at.as_nanosecond()).unwrap_or_default(),
            None => now.saturating_sub(AGE).as_secs() * 1_000_000_000,
        };
        let all_but_huge = || Scenario::all().filter(|s| *s != Scenario::Huge);
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
            spans_only: self.spans_only,
            prove: self.prove,
            timeout: self.timeout,
        }
    }

    fn receivers(&self, backend: &Backend) -> Vec<(Protocol, String)> {
        let protocols: Vec<Protocol> = match (self.protocols.as_slice(), backend.kind) {
            // Other ports of the host would belong to other backends.
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

/// Completes the address of a receiver from the given part.
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

/// The host of a URL; an IPv6 address has brackets.
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
