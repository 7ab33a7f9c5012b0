//! The files of a TLS connection.

use std::path::PathBuf;

use crate::reader::Reader;
use crate::variable::Variable;

/// PEM files for TLS, each with the variable that names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The authorities to trust; `None` for those of the system.
    pub certificate: Option<PemFile>,
    /// The key of the client's certificate.
    pub client_key: Option<PemFile>,
    /// The client's certificate.
    pub client_certificate: Option<PemFile>,
}

/// A file and the variable that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemFile {
    /// The variable.
    pub variable: &'static str,
    /// The file.
    pub path: PathBuf,
}

/// The variables for the files of one exporter.
pub(crate) struct TlsVariables {
    pub(crate) certificate: &'static Variable,
    pub(crate) client_key: &'static Variable,
    pub(crate) client_certificate: &'static Variable,
}

/// The files for a connection to `endpoint`; none are used if it has no TLS.
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
