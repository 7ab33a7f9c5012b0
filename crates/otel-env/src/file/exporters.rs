//! The exporters of the schema, and those for Jaeger.

use std::path::Path;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::section::{Item, Section};
use crate::exporters::Exporter;
use crate::jaeger::{Agent, Jaeger, JaegerProtocol};
use crate::logs::LogsExporter;
use crate::otlp::{Otlp, OtlpProtocol, headers};
use crate::secret::Secret;
use crate::tls::{PemFile, TlsFiles};
use crate::url;
use crate::variables::CONFIG_FILE;

/// The name of the setting to change, as reports about an endpoint give it.
const FILE: &str = CONFIG_FILE.name;

pub(super) fn of_spans(item: &Item<'_>) -> Option<Exporter> {
    let (name, settings) = item.component()?;
    let exporter = match name {
        "otlp_http" => Exporter::Otlp(otlp_http(&settings, "traces")?),
        "otlp_grpc" => Exporter::Otlp(otlp_grpc(&settings)?),
        "console" => Exporter::Console,
        "jaeger_http" => Exporter::Jaeger(jaeger_http(&settings)?),
        "jaeger_grpc" => Exporter::Jaeger(jaeger_grpc(&settings)?),
        "jaeger_udp" => Exporter::Jaeger(jaeger_udp(&settings)),
        _ => {
            let accepted = "otlp_http, otlp_grpc, console, jaeger_http, jaeger_grpc, jaeger_udp";
            item.error(format!(
                "there is no exporter {name} here; accepted: {accepted}"
            ));
            return None;
        }
    };
    settings.end();
    Some(exporter)
}

pub(super) fn of_logs(item: &Item<'_>) -> Option<LogsExporter> {
    let (name, settings) = item.component()?;
    let exporter = match name {
        "otlp_http" => LogsExporter::Otlp(Box::new(otlp_http(&settings, "logs")?)),
        "otlp_grpc" => LogsExporter::Otlp(Box::new(otlp_grpc(&settings)?)),
        "console" => LogsExporter::Console,
        _ => {
            let accepted = "otlp_http, otlp_grpc, console";
            item.error(format!(
                "there is no exporter {name} here; accepted: {accepted}"
            ));
            return None;
        }
    };
    settings.end();
    Some(exporter)
}

fn otlp_http(settings: &Section<'_>, signal: &str) -> Option<Otlp> {
    let protocol = match settings.text("encoding") {
        None | Some((_, "protobuf")) => OtlpProtocol::HttpProtobuf,
        Some((_, "json")) => OtlpProtocol::HttpJson,
        Some((item, _)) => item.refuse("protobuf, json")?,
    };
    let default = format!("http://localhost:4318/v1/{signal}");
    let endpoint = endpoint(settings, &default, None);
    let tls = settings.section_or_null("tls");
    otlp(settings, protocol, endpoint, tls)
}

fn otlp_grpc(settings: &Section<'_>) -> Option<Otlp> {
    let tls = settings.section_or_null("tls");
    let insecure = tls.as_ref().and_then(|tls| tls.flag("insecure"));
    let scheme = if insecure == Some(true) {
        "http"
    } else {
        "https"
    };
    let endpoint = endpoint(settings, "http://localhost:4317", Some(scheme));
    otlp(settings, OtlpProtocol::Grpc, endpoint, tls)
}

fn otlp(
    settings: &Section<'_>,
    protocol: OtlpProtocol,
    endpoint: Option<String>,
    tls: Option<Section<'_>>,
) -> Option<Otlp> {
    let gzip = match settings.text("compression") {
        None | Some((_, "none")) => false,
        Some((_, "gzip")) => true,
        Some((item, _)) => item.refuse("gzip, none")?,
    };
    for key in ["max_request_size", "max_response_size"] {
        if settings.integer(key, 0, u64::MAX).is_some() {
            settings.pass_over(
                key,
                "the size of messages has bounds of its own here; it is passed over",
            );
        }
    }
    let timeout = settings
        .timeout("timeout")
        .unwrap_or(Duration::from_secs(10));
    let headers = all_headers(settings);
    let tls = tls_files(tls, ["ca_file", "key_file", "cert_file"]);
    Some(Otlp {
        protocol,
        endpoint: endpoint?,
        endpoint_variable: FILE,
        timeout,
        headers,
        gzip,
        tls,
    })
}

/// The URL under `endpoint`; `None` if it is refused.
fn endpoint(settings: &Section<'_>, default: &str, bare_scheme: Option<&str>) -> Option<String> {
    let Some((item, text)) = settings.text("endpoint") else {
        return Some(default.to_owned());
    };
    let accepted = match bare_scheme {
        Some(_) => "host:port, or an http or https URL, without user and password",
        None => "an http or https URL, without user and password",
    };
    let url = url::parse(text, bare_scheme).filter(|_| !text.contains('@'));
    url.or_else(|| item.refuse(accepted))
}

/// The entries of `headers` win over those of `headers_list`.
fn all_headers(settings: &Section<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let mut all = Vec::new();
    for item in settings
        .item("headers")
        .map(|item| item.list())
        .unwrap_or_default()
    {
        let Some(entry) = item.section() else {
            continue;
        };
        let name = entry.required("name").and_then(|name| name.text());
        let value = entry.required("value").filter(|value| !value.is_null());
        entry.end();
        let (Some(name), Some(value)) = (name, value) else {
            continue;
        };
        let Some(value) = value.text() else { continue };
        match headers::checked(name, value) {
            Ok(header) => all.push(header),
            Err(reason) => item.error(format!("it {reason}")),
        }
    }
    if let Some((item, list)) = settings.text("headers_list") {
        let pairs = list.split(',').filter(|pair| !pair.trim().is_empty());
        for (index, pair) in pairs.enumerate() {
            match headers::header(pair) {
                Ok((name, _)) if all.iter().any(|(given, _)| *given == name) => {}
                Ok(header) => all.push(header),
                Err(reason) => item.error(format!("pair {} {reason}", index + 1)),
            }
        }
    }
    all
}

/// The files of a TLS connection, each with its name in reports.
fn tls_files(section: Option<Section<'_>>, names: [&'static str; 3]) -> TlsFiles {
    let Some(section) = section else {
        return TlsFiles::default();
    };
    let file = |key, variable| {
        let (item, path) = section.text(key)?;
        if !Path::new(path).is_absolute() {
            return item.refuse("the absolute path of a PEM file");
        }
        Some(PemFile {
            variable,
            path: path.into(),
        })
    };
    let [certificate, client_key, client_certificate] = names;
    let files = TlsFiles {
        certificate: file("ca_file", certificate),
        client_key: file("key_file", client_key),
        client_certificate: file("cert_file", client_certificate),
    };
    if files.client_key.is_some() != files.client_certificate.is_some() {
        section.error("key_file and cert_file go together; one of them is missing");
    }
    section.end();
    files
}

fn jaeger_http(settings: &Section<'_>) -> Option<Jaeger> {
    let endpoint = endpoint(settings, "http://localhost:14268/api/traces", None);
    let text = |key| settings.text(key).map(|(_, text)| text.to_owned());
    let (user, password) = (text("user"), text("password").map(Secret::new));
    let collector = collector(settings, JaegerProtocol::HttpThrift, endpoint)?;
    Some(Jaeger {
        user,
        password,
        ..collector
    })
}

fn jaeger_grpc(settings: &Section<'_>) -> Option<Jaeger> {
    let endpoint = endpoint(settings, "http://localhost:14250", Some("https"));
    collector(settings, JaegerProtocol::Grpc, endpoint)
}

fn collector(
    settings: &Section<'_>,
    protocol: JaegerProtocol,
    endpoint: Option<String>,
) -> Option<Jaeger> {
    let names = [
        "OTEL_EXPORTER_JAEGER_CERTIFICATE",
        "OTEL_EXPORTER_JAEGER_CLIENT_KEY",
        "OTEL_EXPORTER_JAEGER_CLIENT_CERTIFICATE",
    ];
    let timeout = settings
        .timeout("timeout")
        .unwrap_or(Duration::from_secs(10));
    let tls = tls_files(settings.section_or_null("tls"), names);
    Some(Jaeger {
        protocol,
        endpoint: endpoint?,
        endpoint_variable: FILE,
        agent: None,
        timeout,
        user: None,
        password: None,
        tls,
    })
}

fn jaeger_udp(settings: &Section<'_>) -> Jaeger {
    let (protocol, default) = match settings.text("encoding") {
        Some((_, "binary")) => (JaegerProtocol::UdpBinary, 6832),
        Some((item, other)) if other != "compact" => {
            item.refuse::<()>("compact, binary");
            (JaegerProtocol::UdpCompact, 6831)
        }
        _ => (JaegerProtocol::UdpCompact, 6831),
    };
    let host = settings
        .text("host")
        .map_or("localhost", |(_, host)| host)
        .to_owned();
    let port = settings.integer("port", 1, u16::MAX.into());
    let port = port
        .and_then(|port| u16::try_from(port).ok())
        .unwrap_or(default);
    Jaeger {
        protocol,
        endpoint: format!("udp://{host}:{port}"),
        endpoint_variable: FILE,
        agent: Some(Agent { host, port }),
        timeout: Duration::from_secs(10),
        user: None,
        password: None,
        tls: TlsFiles::default(),
    }
}
