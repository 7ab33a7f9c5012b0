//! The exporters and where they send.

use std::time::Duration;

use ::http::Uri;

use super::variable::{Reader, Variable};
use super::variables::{
    OTLP_ENDPOINT, OTLP_PROTOCOL, OTLP_TIMEOUT, OTLP_TRACES_ENDPOINT, OTLP_TRACES_PROTOCOL,
    OTLP_TRACES_TIMEOUT, TRACES_EXPORTER,
};

/// Where spans go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exporter {
    /// The OpenTelemetry protocol.
    Otlp(Otlp),
    /// JSON on the standard output.
    Console,
}

/// The settings of the OTLP exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otlp {
    /// How spans are encoded and carried.
    pub protocol: OtlpProtocol,
    /// The URL, with its path.
    pub endpoint: String,
    /// How long one export may take, with its retries.
    pub timeout: Duration,
}

/// An encoding and transport of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// Protobuf over gRPC.
    Grpc,
    /// Protobuf over HTTP.
    HttpProtobuf,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Exporter> {
    let Some(names) = reader.list(&TRACES_EXPORTER) else {
        return vec![Exporter::Otlp(otlp(reader))];
    };
    let mut exporters: Vec<Exporter> = Vec::new();
    for name in &names {
        let exporter = match name.to_ascii_lowercase().as_str() {
            "none" => return none(reader, &names),
            "otlp" => Exporter::Otlp(otlp(reader)),
            "console" => Exporter::Console,
            _ => {
                reader.refuse(&TRACES_EXPORTER, name);
                continue;
            }
        };
        if !exporters.contains(&exporter) {
            exporters.push(exporter);
        }
    }
    exporters
}

/// `none` stands alone: with others it is not clear what is meant.
fn none(reader: &mut Reader<'_>, names: &[String]) -> Vec<Exporter> {
    if names.len() > 1 {
        let message = "none excludes all others; nothing is exported".to_owned();
        reader.report(&TRACES_EXPORTER, &names.join(","), message);
    }
    Vec::new()
}

fn otlp(reader: &mut Reader<'_>) -> Otlp {
    let protocol = reader
        .parse(&OTLP_TRACES_PROTOCOL, protocol)
        .or_else(|| reader.parse(&OTLP_PROTOCOL, protocol))
        .unwrap_or(OtlpProtocol::HttpProtobuf);
    Otlp {
        protocol,
        endpoint: otlp_endpoint(reader, protocol),
        timeout: reader
            .milliseconds(&OTLP_TRACES_TIMEOUT)
            .or_else(|| reader.milliseconds(&OTLP_TIMEOUT))
            .unwrap_or(Duration::from_secs(10)),
    }
}

fn protocol(name: &str) -> Option<OtlpProtocol> {
    match name.to_ascii_lowercase().as_str() {
        "grpc" => Some(OtlpProtocol::Grpc),
        "http/protobuf" => Some(OtlpProtocol::HttpProtobuf),
        _ => None,
    }
}

/// The endpoint for traces is used as it stands; `v1/traces` is added to the common one for HTTP.
///
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>
fn otlp_endpoint(reader: &mut Reader<'_>, protocol: OtlpProtocol) -> String {
    if let Some(endpoint) = endpoint(reader, &OTLP_TRACES_ENDPOINT) {
        return endpoint;
    }
    let common = endpoint(reader, &OTLP_ENDPOINT);
    match protocol {
        OtlpProtocol::Grpc => common.unwrap_or_else(|| "http://localhost:4317".to_owned()),
        OtlpProtocol::HttpProtobuf => {
            let base = common.unwrap_or_else(|| "http://localhost:4318".to_owned());
            format!("{}/v1/traces", base.trim_end_matches('/'))
        }
    }
}

fn endpoint(reader: &mut Reader<'_>, variable: &'static Variable) -> Option<String> {
    reader.parse(variable, |text| {
        let uri: Uri = text.parse().ok()?;
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        (known && uri.host().is_some_and(|host| !host.is_empty())).then(|| text.to_owned())
    })
}
