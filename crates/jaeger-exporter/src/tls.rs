//! The authorities that a TLS connection trusts, and the client certificate it presents.

#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "http")]
mod http;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{AlertDescription, ClientConfig, RootCertStore};

use crate::BuildError;
use crate::endpoint::Endpoint;
use crate::env::{self, Env};

#[cfg(feature = "grpc")]
pub(crate) use self::grpc::secure_channel;
#[cfg(feature = "http")]
pub(crate) use self::http::secure_agent;

/// The settings made in code, as PEM.
#[derive(Clone, Default)]
pub(crate) struct TlsSettings {
    pub(crate) ca: Option<Vec<u8>>,
    pub(crate) identity: Option<Identity>,
}

/// A client's certificate chain and private key, as PEM.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// Checked settings, with which setting up a client cannot fail.
pub(crate) struct Tls {
    /// The trusted authorities.
    roots: Vec<CertificateDer<'static>>,
    identity: Option<Identity>,
}

impl TlsSettings {
    /// Reads the settings for `endpoint`; `None` if it does not use TLS.
    pub(crate) fn load(self, env: &Env, endpoint: &Endpoint) -> Result<Option<Tls>, BuildError> {
        if !endpoint.is_tls() {
            return Ok(None);
        }
        let ca = or_file(self.ca, env, env::CERTIFICATE)?;
        let identity = match self.identity {
            Some(identity) => Some(identity),
            None => Identity::from_env(env)?,
        };
        Tls::new(ca, identity)
            .map(Some)
            .map_err(|reason| BuildError::Tls {
                endpoint: endpoint.as_str().to_owned(),
                reason,
            })
    }
}

impl Identity {
    fn from_env(env: &Env) -> Result<Option<Self>, BuildError> {
        let certificate = or_file(None, env, env::CLIENT_CERTIFICATE)?;
        let key = or_file(None, env, env::CLIENT_KEY)?;
        let missing = |set, other| {
            let path = env.get(set).unwrap_or_default();
            Err(BuildError::setting(set, path, format!("{other} as well")))
        };
        match (certificate, key) {
            (Some(certificate), Some(key)) => Ok(Some(Self { certificate, key })),
            (None, None) => Ok(None),
            (Some(_), None) => missing(env::CLIENT_CERTIFICATE, env::CLIENT_KEY),
            (None, Some(_)) => missing(env::CLIENT_KEY, env::CLIENT_CERTIFICATE),
        }
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        certificates(&self.certificate).map_err(|e| format!("the client certificate: {e}"))
    }
}

impl Tls {
    fn new(ca: Option<Vec<u8>>, identity: Option<Identity>) -> Result<Self, String> {
        let roots = match ca {
            Some(pem) => certificates(&pem).map_err(|e| format!("the CA certificate: {e}"))?,
            None => system_roots()?,
        };
        let tls = Self { roots, identity };
        tls.check()?;
        Ok(tls)
    }

    /// The trusted authorities in the form a handshake uses.
    fn root_store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        // A system's store may hold certificates that rustls cannot read.
        store.add_parsable_certificates(self.roots.iter().cloned());
        store
    }

    /// Sets up a client to find errors early: the transports' own clients would panic, or report
    /// nothing before the first request.
    fn check(&self) -> Result<(), String> {
        let store = self.root_store();
        if store.is_empty() {
            return Err("none of the CA certificates can be read".to_owned());
        }
        let client =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|e| e.to_string())?
                .with_root_certificates(store);
        if let Some(identity) = &self.identity {
            let key = PrivateKeyDer::from_pem_slice(&identity.key)
                .map_err(|e| format!("the client key: {e}"))?;
            client
                .with_client_auth_cert(identity.chain()?, key)
                .map_err(|e| format!("the client certificate and key: {e}"))?;
        }
        Ok(())
    }
}

/// The explanation of an error of a connection, if TLS is its cause.
pub(crate) fn explained(error: &io::Error) -> Option<String> {
    error.get_ref()?.downcast_ref().map(explain)
}

/// Explains a failed handshake to whoever configured the endpoint.
pub(crate) fn explain(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(_) => {
            "the port does not speak TLS: write http:// if it is meant to be plaintext".to_owned()
        }
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => {
            "the server's certificate is signed by an unknown authority: give its CA certificate"
                .to_owned()
        }
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server wants a client certificate".to_owned()
        }
        other => format!("TLS failed: {other}"),
    }
}

fn or_file(
    code: Option<Vec<u8>>,
    env: &Env,
    name: &'static str,
) -> Result<Option<Vec<u8>>, BuildError> {
    let Some(path) = env.get(name).filter(|_| code.is_none()).map(PathBuf::from) else {
        return Ok(code);
    };
    match std::fs::read(&path) {
        Ok(pem) => Ok(Some(pem)),
        Err(source) => Err(BuildError::File {
            setting: name,
            path,
            source,
        }),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if certificates.is_empty() => {
            Err("no PEM block `BEGIN CERTIFICATE`".to_owned())
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(error.to_string()),
    }
}

fn system_roots() -> Result<Vec<CertificateDer<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    if !found.certs.is_empty() {
        return Ok(found.certs);
    }
    let causes: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
    Err(format!(
        "this system has no CA certificates; install them or name one with {} ({})",
        env::CERTIFICATE,
        causes.join("; ")
    ))
}
