//! The target of the spans.

use otel_env::without_secrets;

use crate::protocol::Protocol;
use crate::send::Security;

/// An endpoint and its protocol.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) protocol: Protocol,
    /// The variable that sets it.
    pub(super) variable: &'static str,
    /// The resolved endpoint.
    pub(super) endpoint: String,
    pub(super) security: Security,
}

/// The parts of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Target {
    pub(super) fn new(
        protocol: Protocol,
        variable: &'static str,
        endpoint: &str,
        security: Security,
    ) -> Self {
        Self {
            protocol,
            variable,
            endpoint: endpoint.to_owned(),
            security,
        }
    }

    /// The printable form of the endpoint, without user, password and query.
    pub(super) fn shown(&self) -> String {
        without_secrets(&self.endpoint)
    }

    /// Splits the endpoint; the error describes what is wrong with it.
    pub(super) fn parts(&self) -> Result<Parts, String> {
        if !self.endpoint.contains("://") {
            return Err("it does not start with http:// or https://".to_owned());
        }
        let uri: http::Uri = self.endpoint.parse().map_err(|error| format!("{error}"))?;
        let (tls, default) = match uri.scheme_str() {
            Some("https") => (true, Some(443)),
            Some("http") => (false, Some(80)),
            Some("udp") if self.protocol.is_udp() => (false, None),
            Some(other) => return Err(format!("{other}:// is not http:// or https://")),
            None => return Err("it has no scheme".to_owned()),
        };
        let authority = uri.authority().ok_or("it names no host")?;
        let host = authority.host();
        let has_port = !authority.as_str().ends_with(host);
        let port = match authority.port_u16() {
            None if has_port => return Err(format!("{authority} has no valid port")),
            port => port.or(default).ok_or("it names no port")?,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err("it names no host".to_owned());
        }
        Ok(Parts {
            tls,
            host: host.to_owned(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_taken_apart() {
        let parts = |endpoint: &str| {
            Target::new(Protocol::OtlpHttp, "X", endpoint, Security::default()).parts()
        };
        let whole = parts("https://user:pw@[::1]:4318/v1/traces?x").unwrap();
        assert_eq!(
            (whole.tls, whole.host.as_str(), whole.port),
            (true, "::1", 4318)
        );
        assert_eq!(parts("http://a").unwrap().port, 80);
        for wrong in ["a:4318", "ftp://a", "http://:1", "http://a:99999"] {
            assert!(parts(wrong).is_err(), "{wrong}");
        }
    }
}
