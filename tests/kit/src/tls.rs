//! TLS on loopback, with certificates made by `tls/make.sh`.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// The certificate of the authority that signed [`CERTIFICATE`].
pub const CA: &str = include_str!("../tls/ca.pem");
/// A certificate for the server and the client of a connection to `localhost` or `127.0.0.1`.
pub const CERTIFICATE: &str = include_str!("../tls/peer.pem");
/// The private key of [`CERTIFICATE`].
pub const KEY: &str = include_str!("../tls/peer.key");

/// The path of [`CA`].
pub const CA_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tls/ca.pem");
/// The path of [`CERTIFICATE`].
pub const CERTIFICATE_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tls/peer.pem");
/// The path of [`KEY`].
pub const KEY_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tls/peer.key");

/// The client certificates that a server requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// No certificate is required.
    Anybody,
    /// A certificate signed by [`CA`] is required.
    WithCertificate,
}

/// The configuration of a server that presents [`CERTIFICATE`].
///
/// # Panics
/// If the files were not made by `make.sh`.
#[expect(clippy::expect_used, reason = "the files are our own")]
pub fn server_config(clients: Clients) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider has the default versions");
    let config = match clients {
        Clients::Anybody => config.with_no_client_auth(),
        Clients::WithCertificate => {
            let mut roots = RootCertStore::empty();
            roots.add(certificate(CA)).expect("an authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
    };
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).expect("a private key");
    config
        .with_single_cert(vec![certificate(CERTIFICATE)], key)
        .expect("a certificate and its key")
}

#[expect(clippy::expect_used, reason = "the files are our own")]
fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
}
