//! The settings of the OTLP exporter.
//!
//! Each variable exists for each signal too; those inherit the general one.
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

pub(crate) mod headers;

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::reader::Reader;
use crate::tls::{self, TlsFiles};
use crate::url;
use crate::variable::ProblemKind;
use crate::variables::{OTLP_ENDPOINT, OtlpSignal};

/// The settings of the OTLP exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otlp {
    /// The encoding and the transport.
    pub protocol: OtlpProtocol,
    /// The URL, path included.
    pub endpoint: String,
    /// The variable that sets the endpoint, or would set it.
    pub endpoint_variable: &'static str,
    /// The time limit of an export, retries included.
    pub timeout: Duration,
    /// The headers of each request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// True if requests are compressed with gzip.
    pub gzip: bool,
    /// The files of a TLS connection.
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

impl OtlpProtocol {
    /// The name in `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        [Self::Grpc, Self::HttpProtobuf, Self::HttpJson]
            .into_iter()
            .find(|protocol| protocol.name().eq_ignore_ascii_case(name))
    }
}

pub(crate) fn read(reader: &mut Reader<'_>, signal: &'static OtlpSignal) -> Otlp {
    let protocol = reader.inherited(&signal.protocol, |reader, variable| {
        reader.parse(variable, OtlpProtocol::of_name)
    });
    let protocol = protocol.unwrap_or(OtlpProtocol::HttpProtobuf);
    let (endpoint, endpoint_variable) = endpoint(reader, signal, protocol);
    let timeout = reader.inherited(&signal.timeout, Reader::timeout);
    let gzip = reader.inherited(&signal.compression, |reader, variable| {
        reader.parse(variable, compression)
    });
    Otlp {
        protocol,
        tls: tls::read(reader, &signal.tls, &endpoint),
        endpoint,
        endpoint_variable,
        timeout: timeout.unwrap_or(Duration::from_secs(10)),
        headers: reader
            .inherited(&signal.headers, headers::read)
            .unwrap_or_default(),
        gzip: gzip.unwrap_or(false),
    }
}

/// The endpoint, and the variable that sets it. A signal's own endpoint is used as it stands; for
/// HTTP, the signal's path is appended to the general endpoint.
///
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>
fn endpoint(
    reader: &mut Reader<'_>,
    signal: &'static OtlpSignal,
    protocol: OtlpProtocol,
) -> (String, &'static str) {
    let grpc = protocol == OtlpProtocol::Grpc;
    let insecure = reader.inherited(&signal.insecure, Reader::flag_if_set) == Some(true);
    let bare_scheme = grpc.then_some(if insecure { "http" } else { "https" });
    let default = if grpc {
        "http://localhost:4317"
    } else {
        "http://localhost:4318"
    };
    let given = reader.inherited(&signal.endpoint, |reader, variable| {
        let endpoint = url::read(reader, variable, bare_scheme)?;
        if insecure && endpoint.starts_with("https:") {
            // The specification gives the scheme https precedence over the insecure setting.
            let message = "its scheme is https, so it is reached over TLS although insecure is set";
            reader.report(
                ProblemKind::Refused,
                variable,
                &endpoint,
                message.to_owned(),
            );
        }
        Some((endpoint, variable))
    });
    match given {
        Some((endpoint, variable)) if variable.inherits.is_some() || grpc => {
            (endpoint, variable.name)
        }
        Some((base, variable)) => (url::joined(&base, signal.path), variable.name),
        None if grpc => (default.to_owned(), OTLP_ENDPOINT.name),
        None => (url::joined(default, signal.path), OTLP_ENDPOINT.name),
    }
}

fn compression(name: &str) -> Option<bool> {
    match name.to_ascii_lowercase().as_str() {
        "gzip" => Some(true),
        "none" => Some(false),
        _ => None,
    }
}
