//! Where spans are meant to go.

use crate::protocol::Protocol;
use crate::send::Security;

/// An endpoint and how it is spoken to.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) protocol: Protocol,
    /// The variable that names it.
    pub(super) variable: &'static str,
    /// As resolved.
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

    /// Takes the endpoint apart; or says what is wrong with it.
    pub(super) fn parts(&self) -> Result<Parts, String> {
        let (scheme, rest) = self
            .endpoint
            .split_once("://")
            .ok_or("it does not start with http:// or https://")?;
        let (tls, default) = match scheme {
            "https" => (true, Some(443)),
            "http" => (false, Some(80)),
            "udp" if self.protocol.is_udp() => (false, None),
            other => return Err(format!("{other}:// is not http:// or https://")),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, rest)| rest);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let port = port.parse().map_err(|_| format!("{port:?} is no port"))?;
                (host, Some(port))
            }
            _ => (authority, default),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err("it names no host".to_owned());
        }
        Ok(Parts {
            tls,
            host: host.to_owned(),
            port: port.ok_or("it names no port")?,
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
