//! The files of a TLS connection.

use std::path::PathBuf;

use crate::reader::Reader;
use crate::variable::Variable;

/// PEM files for TLS, each with the variable that named it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The authorities to trust; without it, those of the system.
    pub certificate: Option<PemFile>,
    /// The key that goes with the client's certificate.
    pub client_key: Option<PemFile>,
    /// The certificate that the client shows.
    pub client_certificate: Option<PemFile>,
}

/// A file that a variable names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemFile {
    /// The variable.
    pub variable: &'static str,
    /// The file.
    pub path: PathBuf,
}

/// The variables of one exporter's files.
pub(crate) struct TlsVariables {
    pub(crate) certificate: &'static Variable,
    pub(crate) client_key: &'static Variable,
    pub(crate) client_certificate: &'static Variable,
}

/// The files for a connection to `endpoint`. Where that is not reached over TLS they are not used.
pub(crate) fn read(reader: &mut Reader<'_>, variables: &TlsVariables, endpoint: &str) -> TlsFiles {
    let mut file = |variable| {
        reader.inherited(variable, |reader, variable| {
            let path = reader.tls_file(variable, endpoint)?.into();
            let variable = variable.name;
            Some(PemFile { variable, path })
        })
    };
    TlsFiles {
        certificate: file(variables.certificate),
        client_key: file(variables.client_key),
        client_certificate: file(variables.client_certificate),
    }
}
