//! Requests over HTTP.

use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::{Receiver, SendError, TIMEOUT};
use crate::protocol::Protocol;

/// TLS settings and headers of a connection.
#[derive(Debug, Clone, Default)]
pub struct Security {
    /// The authorities to trust, in PEM; empty for those of the system.
    pub authorities: Vec<u8>,
    /// Additional headers.
    pub headers: Vec<(String, String)>,
}

impl Security {
    /// Adds HTTP basic authentication.
    pub fn basic(&mut self, user: &str, password: &str) {
        let pair = BASE64_STANDARD.encode(format!("{user}:{password}"));
        let header = ("authorization".to_owned(), format!("Basic {pair}"));
        self.headers.push(header);
    }
}

/// An HTTP client that does not treat error statuses as errors.
pub fn agent(security: &Security) -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .tls_config(
            TlsConfig::builder()
                .root_certs(roots(&security.authorities))
                .build(),
        )
        .build()
        .into()
}

fn roots(pem: &[u8]) -> RootCerts {
    let own: Vec<Certificate<'static>> = if pem.is_empty() {
        let system = rustls_native_certs::load_native_certs().certs;
        system
            .iter()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect()
    } else {
        ureq::tls::parse_pem(pem)
            .filter_map(Result::ok)
            .filter_map(|item| match item {
                ureq::tls::PemItem::Certificate(certificate) => Some(certificate),
                _ => None,
            })
            .collect()
    };
    RootCerts::Specific(Arc::new(own))
}

#[derive(Debug)]
pub(super) struct Client {
    agent: ureq::Agent,
    receiver: Receiver,
    headers: Vec<(String, String)>,
}

impl Client {
    pub(super) fn new(
        protocol: Protocol,
        endpoint: &str,
        security: &Security,
    ) -> Result<Self, SendError> {
        let receiver = Receiver::new(protocol, endpoint);
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return Err(receiver.wrong(&"it does not start with http:// or https://"));
        }
        Ok(Self {
            agent: agent(security),
            receiver,
            headers: security.headers.clone(),
        })
    }

    /// Posts a body and returns the body of the answer.
    pub(super) fn post(&self, body: &[u8]) -> Result<Vec<u8>, SendError> {
        let receiver = &self.receiver;
        let content_type = match receiver.protocol {
            Protocol::ThriftHttp => "application/x-thrift",
            Protocol::OtlpHttp => "application/x-protobuf",
            _ => "application/json",
        };
        let mut request = self
            .agent
            .post(&receiver.endpoint)
            .content_type(content_type);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.send(body);
        let mut response = response.map_err(|error| receiver.unreachable(&error))?;
        let status = response.status();
        // A gRPC port answers everything with 200, and reports the failure in a header of its own.
        let kind = response.headers().get("content-type");
        if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc")) {
            return Err(receiver.refused(&"Unimplemented", &"the answer is gRPC"));
        }
        let answer = response.body_mut().read_to_vec().unwrap_or_default();
        if status.is_success() {
            return Ok(answer);
        }
        Err(receiver.refused(&status, &readable(&answer)))
    }
}

/// The readable text in an answer of unknown form; everything else is left out.
pub(super) fn readable(body: &[u8]) -> String {
    const MOST: usize = 300;
    let text: String = String::from_utf8_lossy(body)
        .chars()
        .filter(|c| !c.is_control() && *c != '\u{fffd}')
        .take(MOST)
        .collect();
    text.trim().to_owned()
}
