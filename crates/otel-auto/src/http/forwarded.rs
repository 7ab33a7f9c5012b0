//! Headers in which a reverse proxy describes the client's request.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName};

use crate::instrumentation::address::host_and_port;

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The first entry of each header, which comes from the proxy nearest to the client.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Forwarded<'a> {
    /// The client's address without a port.
    pub(super) client: Option<&'a str>,
    /// The host that the client asked for, with its port.
    pub(super) host: Option<&'a str>,
    pub(super) scheme: Option<&'a str>,
}

impl<'a> Forwarded<'a> {
    /// Reads `Forwarded` (RFC 7239) if it is there, else the `X-Forwarded-…` headers.
    pub(super) fn read(headers: &'a HeaderMap) -> Self {
        match first(headers, &FORWARDED) {
            Some(element) => Self::parse(element),
            None => Self {
                client: first(headers, &X_FORWARDED_FOR).and_then(address),
                host: first(headers, &X_FORWARDED_HOST),
                scheme: first(headers, &X_FORWARDED_PROTO),
            },
        }
    }

    /// Parses `for=192.0.2.60;proto=http;host=example.com`, with or without quotes around values.
    fn parse(element: &'a str) -> Self {
        let mut forwarded = Self::default();
        for pair in element.split(';') {
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => forwarded.client = address(value),
                "host" => forwarded.host = Some(value),
                "proto" => forwarded.scheme = Some(value),
                _ => {}
            }
        }
        forwarded
    }
}

fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?;
    let entry = value.split(',').next()?.trim();
    (!entry.is_empty()).then_some(entry)
}

/// A proxy may hide the client behind `unknown`, or behind a name that begins with `_`.
fn address(node: &str) -> Option<&str> {
    // In an IPv6 address without brackets, a colon does not begin a port.
    let host = if node.parse::<IpAddr>().is_ok() {
        node
    } else {
        host_and_port(node).0
    };
    (!host.is_empty() && !host.eq_ignore_ascii_case("unknown")).then_some(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> String {
        let headers = headers.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        let headers = headers.collect();
        let Forwarded {
            client,
            host,
            scheme,
        } = Forwarded::read(&headers);
        [client, host, scheme]
            .map(|part| part.unwrap_or("-"))
            .join(" ")
    }

    #[test]
    fn the_standard_header_wins() {
        let other = ("x-forwarded-for", "9.9.9.9");
        let cases = [
            (
                "for=192.0.2.60;proto=https;host=example.com",
                "192.0.2.60 example.com https",
            ),
            ("For=\"[2001:db8::1]:4711\"", "2001:db8::1 - -"),
            ("for=192.0.2.60:80, for=10.0.0.1", "192.0.2.60 - -"),
            ("for=unknown; proto=http", "- - http"),
            ("nonsense", "- - -"),
        ];
        for (header, expected) in cases {
            assert_eq!(read(&[("forwarded", header), other]), expected);
        }
    }

    #[test]
    fn the_usual_headers_are_read_too() {
        let headers = [
            ("x-forwarded-for", "203.0.113.7, 10.0.0.1"),
            ("x-forwarded-host", "example.com:8443"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(read(&headers), "203.0.113.7 example.com:8443 https");
        assert_eq!(
            read(&[("x-forwarded-for", "2001:db8::1")]),
            "2001:db8::1 - -"
        );
        assert_eq!(read(&[]), "- - -");
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_harm(element in "\\PC{0,60}") {
            Forwarded::parse(&element);
            address(&element);
        }
    }
}
