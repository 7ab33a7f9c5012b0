//! Why an exporter could not be built.

use std::io;
use std::path::PathBuf;

/// Why an exporter could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A setting has a value that cannot be used.
    #[error("{setting}={value}: expected {expected}")]
    Setting {
        /// The environment variable or the builder's method.
        setting: &'static str,
        /// The value. Secrets are left out.
        value: String,
        /// What is accepted.
        expected: String,
    },
    /// A file that an environment variable names could not be read.
    #[error("{setting}={}: cannot read the file: {source}", path.display())]
    File {
        /// The environment variable.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The certificates cannot be used for a TLS connection.
    #[error("cannot set up TLS for {endpoint}: {reason}")]
    Tls {
        /// The endpoint.
        endpoint: String,
        /// Why not.
        reason: String,
    },
    /// The thread that sends could not be started.
    #[error("cannot start the thread that sends spans: {0}")]
    Thread(#[source] io::Error),
}

impl BuildError {
    pub(crate) fn setting(
        setting: &'static str,
        value: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Setting {
            setting,
            value: value.into(),
            expected: expected.into(),
        }
    }
}
