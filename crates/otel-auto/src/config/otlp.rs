//! The settings of the OTLP exporter.
//!
//! Each has a variable for each signal, which wins, and a common one.
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

use std::path::PathBuf;
use std::time::Duration;

use ::http::{HeaderName, HeaderValue};

use super::percent;
use super::url;
use super::variable::{Reader, Variable};
use super::variables as v;

/// The settings of the OTLP exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otlp {
    /// How spans are encoded and carried.
    pub protocol: OtlpProtocol,
    /// The URL, with its path.
    pub endpoint: String,
    /// How long one export may take, with its retries.
    pub timeout: Duration,
    /// Headers of each request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether requests are compressed with gzip.
    pub gzip: bool,
    /// What TLS trusts and shows.
    pub tls: TlsFiles,
}

/// An encoding and transport of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// Protobuf over gRPC.
    Grpc,
    /// Protobuf over HTTP.
    HttpProtobuf,
    /// JSON over HTTP.
    HttpJson,
}

/// PEM files for TLS, each with the variable that named it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The authorities to trust; without it, those of the system.
    pub certificate: Option<PemFile>,
    /// The key that goes with the client's certificate.
    pub client_key: Option<PemFile>,
    /// The certificate that the client shows.
    pub client_certificate: Option<PemFile>,
}

/// A file that a variable names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemFile {
    /// The variable.
    pub variable: &'static str,
    /// The file.
    pub path: PathBuf,
}

/// The variables of one signal, each followed by the one for all signals.
pub(super) struct Signal {
    path: &'static str,
    protocol: Pair,
    endpoint: Pair,
    insecure: Pair,
    timeout: Pair,
    headers: Pair,
    compression: Pair,
    certificate: Pair,
    client_key: Pair,
    client_certificate: Pair,
}

type Pair = [&'static Variable; 2];

pub(super) static TRACES: Signal = Signal {
    path: "v1/traces",
    protocol: [&v::OTLP_TRACES_PROTOCOL, &v::OTLP_PROTOCOL],
    endpoint: [&v::OTLP_TRACES_ENDPOINT, &v::OTLP_ENDPOINT],
    insecure: [&v::OTLP_TRACES_INSECURE, &v::OTLP_INSECURE],
    timeout: [&v::OTLP_TRACES_TIMEOUT, &v::OTLP_TIMEOUT],
    headers: [&v::OTLP_TRACES_HEADERS, &v::OTLP_HEADERS],
    compression: [&v::OTLP_TRACES_COMPRESSION, &v::OTLP_COMPRESSION],
    certificate: [&v::OTLP_TRACES_CERTIFICATE, &v::OTLP_CERTIFICATE],
    client_key: [&v::OTLP_TRACES_CLIENT_KEY, &v::OTLP_CLIENT_KEY],
    client_certificate: [
        &v::OTLP_TRACES_CLIENT_CERTIFICATE,
        &v::OTLP_CLIENT_CERTIFICATE,
    ],
};

pub(super) static LOGS: Signal = Signal {
    path: "v1/logs",
    protocol: [&v::OTLP_LOGS_PROTOCOL, &v::OTLP_PROTOCOL],
    endpoint: [&v::OTLP_LOGS_ENDPOINT, &v::OTLP_ENDPOINT],
    insecure: [&v::OTLP_LOGS_INSECURE, &v::OTLP_INSECURE],
    timeout: [&v::OTLP_LOGS_TIMEOUT, &v::OTLP_TIMEOUT],
    headers: [&v::OTLP_LOGS_HEADERS, &v::OTLP_HEADERS],
    compression: [&v::OTLP_LOGS_COMPRESSION, &v::OTLP_COMPRESSION],
    certificate: [&v::OTLP_LOGS_CERTIFICATE, &v::OTLP_CERTIFICATE],
    client_key: [&v::OTLP_LOGS_CLIENT_KEY, &v::OTLP_CLIENT_KEY],
    client_certificate: [
        &v::OTLP_LOGS_CLIENT_CERTIFICATE,
        &v::OTLP_CLIENT_CERTIFICATE,
    ],
};

pub(super) fn read(reader: &mut Reader<'_>, signal: &Signal) -> Otlp {
    let protocol = either(reader, signal.protocol, |reader, variable| {
        reader.parse(variable, protocol)
    })
    .unwrap_or(OtlpProtocol::HttpProtobuf);
    let endpoint = endpoint(reader, signal, protocol);
    Otlp {
        protocol,
        tls: tls_files(reader, signal, &endpoint),
        endpoint,
        timeout: either(reader, signal.timeout, Reader::timeout).unwrap_or(Duration::from_secs(10)),
        headers: either(reader, signal.headers, headers).unwrap_or_default(),
        gzip: either(reader, signal.compression, |reader, variable| {
            reader.parse(variable, compression)
        })
        .unwrap_or(false),
    }
}

/// What the variable of the signal gives, or else the common one. Both are read, so that both are
/// checked.
fn either<'a, T>(
    reader: &mut Reader<'a>,
    [signal, common]: Pair,
    read: impl Fn(&mut Reader<'a>, &'static Variable) -> Option<T>,
) -> Option<T> {
    let (own, common) = (read(reader, signal), read(reader, common));
    own.or(common)
}

fn protocol(name: &str) -> Option<OtlpProtocol> {
    match name.to_ascii_lowercase().as_str() {
        "grpc" => Some(OtlpProtocol::Grpc),
        "http/protobuf" => Some(OtlpProtocol::HttpProtobuf),
        "http/json" => Some(OtlpProtocol::HttpJson),
        _ => None,
    }
}

/// The endpoint of a signal is used as it stands; its path is added to the common one for HTTP.
///
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>
fn endpoint(reader: &mut Reader<'_>, signal: &Signal, protocol: OtlpProtocol) -> String {
    let grpc = protocol == OtlpProtocol::Grpc;
    let insecure = either(reader, signal.insecure, Reader::flag_if_set) == Some(true);
    let bare_scheme = grpc.then_some(if insecure { "http" } else { "https" });
    let [own, common] = signal.endpoint.map(|variable| {
        let endpoint = url::read(reader, variable, bare_scheme);
        // "A scheme of https … takes precedence over the insecure configuration setting."
        let secure = endpoint
            .as_ref()
            .filter(|url| insecure && url.starts_with("https:"));
        if let Some(endpoint) = secure {
            let message = "its scheme is https, so it is reached over TLS although insecure is set";
            reader.report(variable, endpoint, message.to_owned());
        }
        endpoint
    });
    let default = if grpc {
        "http://localhost:4317"
    } else {
        "http://localhost:4318"
    };
    own.unwrap_or_else(|| {
        let base = common.unwrap_or_else(|| default.to_owned());
        if grpc {
            base
        } else {
            url::joined(&base, signal.path)
        }
    })
}

/// Pairs as in W3C Baggage, without properties. One bad pair discards them all: a request without
/// one of its headers would most likely be refused for a reason that is hard to guess.
fn headers(
    reader: &mut Reader<'_>,
    variable: &'static Variable,
) -> Option<Vec<(HeaderName, HeaderValue)>> {
    reader.parse_secret(variable, |text| {
        text.split(',')
            .filter(|pair| !pair.trim().is_empty())
            .map(header)
            .collect()
    })
}

fn header(pair: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair.split_once('=')?;
    let value = percent::decoded(value.trim())?;
    let mut value = HeaderValue::from_str(&value).ok()?;
    value.set_sensitive(true);
    Some((name.trim().parse().ok()?, value))
}

fn compression(name: &str) -> Option<bool> {
    match name.to_ascii_lowercase().as_str() {
        "gzip" => Some(true),
        "none" => Some(false),
        _ => None,
    }
}

fn tls_files(reader: &mut Reader<'_>, signal: &Signal, endpoint: &str) -> TlsFiles {
    let mut file = |variables| {
        either(reader, variables, |reader, variable| {
            let path = reader.tls_file(variable, endpoint)?.into();
            let variable = variable.name;
            Some(PemFile { variable, path })
        })
    };
    TlsFiles {
        certificate: file(signal.certificate),
        client_key: file(signal.client_key),
        client_certificate: file(signal.client_certificate),
    }
}
