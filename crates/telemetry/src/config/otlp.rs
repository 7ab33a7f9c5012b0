//! The settings of the OTLP exporter.
//!
//! Each has a variable for traces, which wins, and a common one.
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

pub(super) fn read(reader: &mut Reader<'_>) -> Otlp {
    let protocol = either(
        reader,
        [&v::OTLP_TRACES_PROTOCOL, &v::OTLP_PROTOCOL],
        |reader, variable| reader.parse(variable, protocol),
    )
    .unwrap_or(OtlpProtocol::HttpProtobuf);
    let endpoint = endpoint(reader, protocol);
    Otlp {
        protocol,
        tls: tls_files(reader, &endpoint),
        endpoint,
        timeout: either(
            reader,
            [&v::OTLP_TRACES_TIMEOUT, &v::OTLP_TIMEOUT],
            Reader::milliseconds,
        )
        .unwrap_or(Duration::from_secs(10)),
        headers: either(reader, [&v::OTLP_TRACES_HEADERS, &v::OTLP_HEADERS], headers)
            .unwrap_or_default(),
        gzip: either(
            reader,
            [&v::OTLP_TRACES_COMPRESSION, &v::OTLP_COMPRESSION],
            |reader, variable| reader.parse(variable, compression),
        )
        .unwrap_or(false),
    }
}

/// What the variable for traces gives, or else the common one.
fn either<'a, T>(
    reader: &mut Reader<'a>,
    [traces, common]: [&'static Variable; 2],
    read: impl Fn(&mut Reader<'a>, &'static Variable) -> Option<T>,
) -> Option<T> {
    read(reader, traces).or_else(|| read(reader, common))
}

fn protocol(name: &str) -> Option<OtlpProtocol> {
    match name.to_ascii_lowercase().as_str() {
        "grpc" => Some(OtlpProtocol::Grpc),
        "http/protobuf" => Some(OtlpProtocol::HttpProtobuf),
        "http/json" => Some(OtlpProtocol::HttpJson),
        _ => None,
    }
}

/// The endpoint for traces is used as it stands; `v1/traces` is added to the common one for HTTP.
///
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>
fn endpoint(reader: &mut Reader<'_>, protocol: OtlpProtocol) -> String {
    let grpc = protocol == OtlpProtocol::Grpc;
    let insecure = either(
        reader,
        [&v::OTLP_TRACES_INSECURE, &v::OTLP_INSECURE],
        Reader::flag_if_set,
    );
    let bare_scheme = if insecure == Some(true) {
        "http"
    } else {
        "https"
    };
    let bare_scheme = grpc.then_some(bare_scheme);
    if let Some(endpoint) = url::read(reader, &v::OTLP_TRACES_ENDPOINT, bare_scheme) {
        return endpoint;
    }
    let common = url::read(reader, &v::OTLP_ENDPOINT, bare_scheme);
    if grpc {
        return common.unwrap_or_else(|| "http://localhost:4317".to_owned());
    }
    let base = common.unwrap_or_else(|| "http://localhost:4318".to_owned());
    format!("{}/v1/traces", base.trim_end_matches('/'))
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

fn tls_files(reader: &mut Reader<'_>, endpoint: &str) -> TlsFiles {
    let mut file = |variables| {
        either(reader, variables, |reader, variable| {
            let path = reader.tls_file(variable, endpoint)?.into();
            let variable = variable.name;
            Some(PemFile { variable, path })
        })
    };
    TlsFiles {
        certificate: file([&v::OTLP_TRACES_CERTIFICATE, &v::OTLP_CERTIFICATE]),
        client_key: file([&v::OTLP_TRACES_CLIENT_KEY, &v::OTLP_CLIENT_KEY]),
        client_certificate: file([
            &v::OTLP_TRACES_CLIENT_CERTIFICATE,
            &v::OTLP_CLIENT_CERTIFICATE,
        ]),
    }
}
