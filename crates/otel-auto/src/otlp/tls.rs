//! TLS certificates: the trusted authorities, and the client's own certificate.

use std::sync::Arc;

#[cfg(feature = "otlp-grpc")]
use opentelemetry_otlp::tonic_types::transport as tonic;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
#[cfg(feature = "otlp-http")]
use ureq::tls::{ClientCert, PrivateKey, RootCerts, TlsConfig};

use crate::config::{PemFile, Problem, ProblemKind, TlsFiles};

/// Loaded and checked certificates.
pub(super) struct Tls {
    roots: Vec<CertificateDer<'static>>,
    /// The PEM file of `roots`; `None` for the system's authorities.
    roots_pem: Option<Vec<u8>>,
    identity: Option<Identity>,
}

struct Identity {
    chain: Vec<CertificateDer<'static>>,
    certificate_pem: Vec<u8>,
    key_pem: Vec<u8>,
}

impl Tls {
    /// Loads `files` and sets up a client with them to find errors early: the transports' own
    /// clients panic, or report nothing before the first request.
    pub(super) fn load(files: &TlsFiles) -> Result<Self, Problem> {
        let roots_pem = files.certificate.as_ref().map(read).transpose()?;
        let roots = match (&roots_pem, &files.certificate) {
            (Some(pem), Some(file)) => certificates(pem).map_err(|e| refuse(file, &e))?,
            _ => rustls_native_certs::load_native_certs().certs,
        };
        let identity = identity(files)?;
        let tls = Self {
            roots,
            roots_pem,
            identity,
        };
        if let Some(file) = files.client_key.as_ref().or(files.certificate.as_ref()) {
            tls.check().map_err(|error| refuse(file, &error))?;
        }
        Ok(tls)
    }

    #[cfg(feature = "otlp-http")]
    pub(super) fn for_ureq(&self) -> Result<TlsConfig, ureq::Error> {
        let certificate =
            |der: &CertificateDer<'_>| ureq::tls::Certificate::from_der(der).to_owned();
        let roots = RootCerts::from(self.roots.iter().map(certificate));
        let identity = match &self.identity {
            None => None,
            Some(identity) => {
                let chain: Vec<_> = identity.chain.iter().map(certificate).collect();
                let key = PrivateKey::from_pem(&identity.key_pem)?;
                Some(ClientCert::new_with_certs(&chain, key))
            }
        };
        Ok(TlsConfig::builder()
            .root_certs(roots)
            .client_cert(identity)
            .build())
    }

    #[cfg(feature = "otlp-grpc")]
    pub(super) fn for_tonic(&self) -> tonic::ClientTlsConfig {
        let config = tonic::ClientTlsConfig::new();
        let config = match &self.roots_pem {
            Some(pem) => config.ca_certificate(tonic::Certificate::from_pem(pem)),
            None => config.with_native_roots(),
        };
        match &self.identity {
            Some(Identity {
                certificate_pem,
                key_pem,
                ..
            }) => config.identity(tonic::Identity::from_pem(certificate_pem, key_pem)),
            None => config,
        }
    }

    fn check(&self) -> Result<(), String> {
        let mut store = RootCertStore::empty();
        // A system's store may hold certificates that rustls cannot read.
        store.add_parsable_certificates(self.roots.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(store);
        if let Some(identity) = &self.identity {
            let key = PrivateKeyDer::from_pem_slice(&identity.key_pem)
                .map_err(|error| error.to_string())?;
            client
                .with_client_auth_cert(identity.chain.clone(), key)
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

fn identity(files: &TlsFiles) -> Result<Option<Identity>, Problem> {
    match (&files.client_certificate, &files.client_key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            let certificate_pem = read(certificate)?;
            Ok(Some(Identity {
                chain: certificates(&certificate_pem).map_err(|e| refuse(certificate, &e))?,
                certificate_pem,
                key_pem: read(key)?,
            }))
        }
        (Some(certificate), None) => Err(refuse(certificate, "there is no client key to it")),
        (None, Some(key)) => Err(refuse(key, "there is no client certificate to it")),
    }
}

fn read(file: &PemFile) -> Result<Vec<u8>, Problem> {
    std::fs::read(&file.path).map_err(|error| refuse(file, &error.to_string()))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if certificates.is_empty() => {
            Err("it holds no PEM block BEGIN CERTIFICATE".to_owned())
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(error.to_string()),
    }
}

fn refuse(file: &PemFile, reason: &str) -> Problem {
    let message = format!("{reason}; nothing is sent over OTLP");
    Problem::new(
        ProblemKind::Failed,
        file.variable,
        file.path.display().to_string(),
        message,
    )
}
