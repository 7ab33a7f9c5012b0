//! TLS of the gRPC client.

use tonic::transport::{ClientTlsConfig, Endpoint, Error, Identity};

use super::Tls;

/// Adds the settings to the channel's, if the endpoint uses TLS.
pub(crate) fn secure_channel(channel: Endpoint, tls: Option<Tls>) -> Result<Endpoint, Error> {
    let Some(tls) = tls else {
        return Ok(channel);
    };
    let config = ClientTlsConfig::new().trust_anchors(tls.root_store().roots);
    channel.tls_config(match tls.identity {
        None => config,
        Some(identity) => config.identity(Identity::from_pem(identity.certificate, identity.key)),
    })
}
