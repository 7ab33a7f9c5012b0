//! TLS of the HTTP client.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

use super::{Identity, Tls};

/// Adds the settings to the client's, if the endpoint uses TLS.
pub(crate) fn secure_agent(
    config: ConfigBuilder<AgentScope>,
    tls: Option<Tls>,
) -> Result<ConfigBuilder<AgentScope>, String> {
    let Some(tls) = tls else {
        return Ok(config);
    };
    let client_cert = tls.identity.as_ref().map(client_cert).transpose()?;
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(certificates(&tls.roots))))
        .client_cert(client_cert)
        .build();
    Ok(config.tls_config(tls))
}

fn client_cert(identity: &Identity) -> Result<ClientCert, String> {
    let key = PrivateKey::from_pem(&identity.key).map_err(|error| error.to_string())?;
    Ok(ClientCert::new_with_certs(
        &certificates(&identity.chain()?),
        key,
    ))
}

fn certificates(ders: &[CertificateDer<'static>]) -> Vec<Certificate<'static>> {
    ders.iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect()
}
