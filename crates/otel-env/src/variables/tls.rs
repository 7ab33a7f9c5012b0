//! The variables that name the files of a TLS connection.

use crate::variable::Variable;

/// The variables for the files of one exporter.
pub(crate) struct TlsVariables {
    pub(crate) certificate: Variable,
    pub(crate) client_key: Variable,
    pub(crate) client_certificate: Variable,
}

impl TlsVariables {
    /// The variables with these names: of the authorities, of the client's key, and of its
    /// certificate.
    pub(crate) const fn new(names: [&'static str; 3]) -> Self {
        let [certificate, client_key, client_certificate] = names;
        Self {
            certificate: Variable::new(
                certificate,
                "the authorities that the system trusts",
                "a PEM file of the authorities to trust",
                NOTHING_IS_SENT,
            ),
            client_key: Variable::new(
                client_key,
                "none",
                "a PEM file of the client's private key, with a client certificate",
                NOTHING_IS_SENT,
            ),
            client_certificate: Variable::new(
                client_certificate,
                "none",
                "a PEM file of the client's certificate chain, with a client key",
                NOTHING_IS_SENT,
            ),
        }
    }

    /// The variables with these names, each of which overrides one of `general`.
    pub(crate) const fn specific(names: [&'static str; 3], general: &'static Self) -> Self {
        let [key, chain] = [&general.client_key, &general.client_certificate];
        Self {
            certificate: Variable::specific(names[0], &general.certificate)
                .otherwise(NOTHING_IS_SENT),
            client_key: Variable::specific(names[1], key).otherwise(NOTHING_IS_SENT),
            client_certificate: Variable::specific(names[2], chain).otherwise(NOTHING_IS_SENT),
        }
    }
}

/// The reaction to a file that cannot be used.
const NOTHING_IS_SENT: &str = "nothing is sent";
