//! The URL of a backend.

use std::net::IpAddr;

use http::Uri;
use http::uri::{InvalidUri, Scheme};

use crate::BuildError;

/// A checked URL with a scheme and a host but no user.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    text: String,
    uri: Uri,
}

impl Endpoint {
    /// Checks the value of a setting. `example` is a valid value for the error message.
    pub(crate) fn parse(
        setting: &'static str,
        text: &str,
        example: &str,
    ) -> Result<Self, BuildError> {
        let refuse = |expected: String| {
            let shown = if text.contains('@') {
                "(a URL with a user)"
            } else {
                text
            };
            BuildError::setting(setting, shown, expected)
        };
        let uri: Uri = text
            .parse()
            .map_err(|error: InvalidUri| refuse(format!("a URL such as {example} ({error})")))?;
        let has_scheme = [Scheme::HTTP, Scheme::HTTPS]
            .iter()
            .any(|s| uri.scheme() == Some(s));
        let Some(authority) = uri.authority().filter(|_| has_scheme) else {
            return Err(refuse(format!(
                "a URL with http:// or https://, such as {example}"
            )));
        };
        if authority.as_str().contains('@') {
            return Err(refuse(
                "a URL without a user: give it as a setting of its own".to_owned(),
            ));
        }
        if authority.host().is_empty() {
            return Err(refuse(format!("a URL with a host, such as {example}")));
        }
        Ok(Self {
            text: text.to_owned(),
            uri,
        })
    }

    /// The URL as it was given.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The path and query; `/` if none was given.
    pub(crate) fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    /// The host; an IPv6 address has no brackets.
    pub(crate) fn host(&self) -> &str {
        let host = self.uri.host().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, given or implied by the scheme.
    pub(crate) fn port(&self) -> u16 {
        self.uri
            .port_u16()
            .unwrap_or(if self.is_tls() { 443 } else { 80 })
    }

    /// Returns true if the scheme is `https`.
    pub(crate) fn is_tls(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    /// Returns true if the host is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host();
        host.eq_ignore_ascii_case("localhost")
            || host
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, String> {
        Endpoint::parse("with_endpoint", text, "http://localhost:14250").map_err(|e| e.to_string())
    }

    #[test]
    fn takes_a_url_apart() {
        let endpoint = parse("https://[::1]/api/traces?format=jaeger.thrift").unwrap();
        assert_eq!(endpoint.host(), "::1");
        assert_eq!(endpoint.port(), 443);
        assert_eq!(endpoint.path(), "/api/traces?format=jaeger.thrift");
        assert!(endpoint.is_tls() && endpoint.is_loopback());

        let endpoint = parse("http://jaeger:14250").unwrap();
        assert_eq!(
            (endpoint.host(), endpoint.port(), endpoint.path()),
            ("jaeger", 14250, "/")
        );
        assert!(!endpoint.is_tls() && !endpoint.is_loopback());
    }

    #[test]
    fn refuses_what_is_not_a_url_it_can_reach() {
        let message = |text| parse(text).unwrap_err();
        let scheme = "expected a URL with http:// or https://, such as http://localhost:14250";
        for text in ["jaeger:14250", "/api/traces", "ftp://jaeger", "jaeger"] {
            assert_eq!(message(text), format!("with_endpoint={text}: {scheme}"));
        }
        assert!(message("http://").starts_with("with_endpoint=http://: expected a URL such as"));
        assert!(message("http://a b").contains("invalid uri character"));
    }

    #[test]
    fn does_not_repeat_a_password() {
        let message = parse("http://me:secret@jaeger:14268").unwrap_err();
        assert!(
            message.contains("without a user") && !message.contains("secret"),
            "{message}"
        );
    }
}
