//! The files of a TLS connection.

use std::path::PathBuf;

use crate::reader::Reader;
use crate::variables::TlsVariables;

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

/// The files for a connection to `endpoint`; none are used if it has no TLS.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    variables: &'static TlsVariables,
    endpoint: &str,
) -> TlsFiles {
    let mut file = |variable| {
        reader.inherited(variable, |reader, variable| {
            let path = reader.tls_file(variable, endpoint)?.into();
            let variable = variable.name;
            Some(PemFile { variable, path })
        })
    };
    TlsFiles {
        certificate: file(&variables.certificate),
        client_key: file(&variables.client_key),
        client_certificate: file(&variables.client_certificate),
    }
}
