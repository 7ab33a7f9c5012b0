//! The endpoint that spans and log records are forwarded to, checked.

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use percent_encoding::percent_decode_str;

use crate::args;

/// An OTLP endpoint, and what it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    /// Scheme, host, port and, for HTTP, the path before `/v1/traces`.
    pub endpoint: Uri,
    /// The protocol that it takes.
    pub protocol: ForwardProtocol,
    /// Headers of each request; their values are marked as sensitive, so that nothing prints them.
    pub headers: HeaderMap,
}

/// A protocol by which spans and log records are forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardProtocol {
    /// OTLP over gRPC.
    Grpc,
    /// OTLP over HTTP, in protobuf.
    Http,
}

const HEADERS: &str = "OTEL_BACKEND_FORWARD_HEADERS";

/// The port that OTLP gives to gRPC.
const GRPC_PORT: u16 = 4317;

/// The settings, if there are any. `variable` reads the environment.
pub(super) fn settings(
    args: &args::Forward,
    variable: impl Fn(&str) -> Option<String>,
    wrong: &mut Vec<String>,
) -> Option<Forward> {
    let text = args.forward.as_deref().filter(|text| !text.is_empty())?;
    let mut noted = |flag: &str, name: &str, reason: String| {
        wrong.push(format!("{flag} (OTEL_BACKEND_{name}): {reason}"));
    };
    let endpoint = parse_endpoint(text).map_err(|reason| noted("--forward", "FORWARD", reason));
    let named = args.forward_protocol.as_deref();
    let named = named.map(parse_protocol).transpose();
    let named = named.map_err(|reason| noted("--forward-protocol", "FORWARD_PROTOCOL", reason));
    let headers = parse_headers(&variable(HEADERS).unwrap_or_default());
    let headers = headers.map_err(|reason| wrong.push(format!("{HEADERS}: {reason}")));
    let (endpoint, named, headers) = (endpoint.ok()?, named.ok()?, headers.ok()?);
    let protocol = named.unwrap_or(match endpoint.port_u16() {
        Some(GRPC_PORT) => ForwardProtocol::Grpc,
        _ => ForwardProtocol::Http,
    });
    if protocol == ForwardProtocol::Grpc && endpoint.path() != "/" {
        let path = endpoint.path();
        wrong.push(format!(
            "--forward (OTEL_BACKEND_FORWARD): gRPC has no path: leave '{path}' out, or set --forward-protocol to http/protobuf"
        ));
        return None;
    }
    Some(Forward {
        endpoint,
        protocol,
        headers,
    })
}

/// The text is not repeated in a reason: it may hold a secret.
fn parse_endpoint(text: &str) -> Result<Uri, String> {
    let wrong = "it is not a URL such as http://collector:4318 or https://otlp.example";
    let uri: Uri = text.parse().map_err(|_| wrong.to_owned())?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let Some(authority) = uri.authority().filter(|_| is_web) else {
        return Err(wrong.to_owned());
    };
    if authority.as_str().contains('@') {
        return Err(format!(
            "there may be no password in the URL: put it into a header, in the variable {HEADERS}"
        ));
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err(wrong.to_owned());
    }
    if uri.query().is_some() {
        return Err("there may be no question mark in the URL".to_owned());
    }
    let path = uri.path().trim_end_matches('/').to_owned();
    for signal in ["/v1/traces", "/v1/logs"] {
        if path.ends_with(signal) {
            return Err(format!(
                "leave {signal} out of the URL: it is added, for each signal its own"
            ));
        }
    }
    let mut parts = uri.into_parts();
    parts.path_and_query = PathAndQuery::try_from(path.as_str()).ok();
    if path.is_empty() {
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
    }
    Uri::from_parts(parts).map_err(|_| wrong.to_owned())
}

fn parse_protocol(text: &str) -> Result<ForwardProtocol, String> {
    match text {
        "grpc" => Ok(ForwardProtocol::Grpc),
        "http/protobuf" => Ok(ForwardProtocol::Http),
        _ => Err(format!("'{text}' is neither grpc nor http/protobuf")),
    }
}

/// Headers as in `OTEL_EXPORTER_OTLP_HEADERS`: `name=value` with commas between, percent-encoded. The
/// values are secrets, and not repeated in a reason.
fn parse_headers(text: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let pairs = text.split(',').map(str::trim).enumerate();
    for (index, pair) in pairs.filter(|(_, pair)| !pair.is_empty()) {
        let place = index + 1;
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| format!("entry {place} is not NAME=VALUE"))?;
        let name: HeaderName = name
            .trim()
            .parse()
            .map_err(|_| format!("the name of entry {place} is not that of a header"))?;
        let value = percent_decode_str(value.trim()).collect::<Vec<_>>();
        let mut value = HeaderValue::from_bytes(&value)
            .map_err(|_| format!("the value of '{name}' cannot be that of a header"))?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

impl ForwardProtocol {
    /// Its name in flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http/protobuf",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str, protocol: Option<&str>, headers: &str) -> Result<Forward, String> {
        let args = args::Forward {
            forward: Some(url.to_owned()),
            forward_protocol: protocol.map(ToOwned::to_owned),
        };
        let mut wrong = Vec::new();
        let variable = |name: &str| (name == HEADERS).then(|| headers.to_owned());
        let settings = settings(&args, variable, &mut wrong);
        settings.ok_or_else(|| wrong.join("\n"))
    }

    #[test]
    fn the_port_names_the_protocol_unless_it_is_named() {
        for (url, named, expected) in [
            ("http://c:4317", None, ForwardProtocol::Grpc),
            ("http://c:4318/", None, ForwardProtocol::Http),
            ("https://c", None, ForwardProtocol::Http),
            ("https://c", Some("grpc"), ForwardProtocol::Grpc),
            (
                "http://[::1]:4317/x",
                Some("http/protobuf"),
                ForwardProtocol::Http,
            ),
        ] {
            assert_eq!(parsed(url, named, "").unwrap().protocol, expected, "{url}");
        }
    }

    #[test]
    fn the_path_is_kept_without_its_end() {
        for (url, path) in [
            ("http://c", "/"),
            ("http://c/", "/"),
            ("http://c/a/b/", "/a/b"),
        ] {
            assert_eq!(parsed(url, None, "").unwrap().endpoint.path(), path);
        }
    }

    #[test]
    fn headers_are_decoded_and_never_printed() {
        let forward = parsed(
            "http://c",
            None,
            "Authorization=Bearer%20abc, x-team = a=b ,",
        )
        .unwrap();
        assert_eq!(forward.headers["authorization"], "Bearer abc");
        assert_eq!(forward.headers["x-team"], "a=b");
        assert!(!format!("{forward:?}").contains("abc"));
    }

    #[test]
    fn what_is_wrong_is_said_without_secrets() {
        for (url, protocol, headers) in [
            ("secret", None, ""),
            ("ftp://secret", None, ""),
            ("http://", None, ""),
            ("http://me:secret@c", None, ""),
            ("http://c/?key=secret", None, ""),
            ("http://c/v1/traces", None, ""),
            ("http://c:4317/tenant", None, ""),
            ("http://c", Some("json"), ""),
            ("http://c", None, "secret"),
            ("http://c", None, "a b=secret"),
            ("http://c", None, "x-key=secret%0A"),
        ] {
            let wrong = parsed(url, protocol, headers).unwrap_err();
            assert!(!wrong.is_empty() && !wrong.contains("secret"), "{wrong}");
        }
    }
}
