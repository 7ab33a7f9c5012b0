//! Refuses TLS, which is left out without the feature `tls`.

use std::io;

use crate::BuildError;
use crate::endpoint::Endpoint;
use crate::env::Env;

/// There are no settings.
#[derive(Clone, Default)]
pub(crate) struct TlsSettings;

/// No value of this type exists.
pub(crate) enum Tls {}

impl TlsSettings {
    /// Refuses an endpoint that uses TLS.
    pub(crate) fn load(self, _: &Env, endpoint: &Endpoint) -> Result<Option<Tls>, BuildError> {
        if !endpoint.is_tls() {
            return Ok(None);
        }
        Err(BuildError::Tls {
            endpoint: endpoint.as_str().to_owned(),
            reason: "this program is built without jaeger-exporter's feature tls".to_owned(),
        })
    }
}

#[cfg(feature = "http")]
pub(crate) fn secure_agent<C>(config: C, _: Option<Tls>) -> Result<C, String> {
    Ok(config)
}

#[cfg(feature = "grpc")]
pub(crate) fn secure_channel<C>(channel: C, _: Option<Tls>) -> Result<C, tonic::transport::Error> {
    Ok(channel)
}

/// Without TLS, no error has it as a cause.
pub(crate) fn explained(_: &io::Error) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_with_tls_is_refused() {
        let load = |url| {
            let endpoint = Endpoint::parse("with_endpoint", url, url).unwrap();
            TlsSettings.load(&Env::read(|_| None), &endpoint)
        };
        assert!(load("http://jaeger:14268").is_ok());
        let refused = load("https://jaeger:14268").map(|_| ()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "cannot set up TLS for https://jaeger:14268: this program is built without \
             jaeger-exporter's feature tls"
        );
    }
}
