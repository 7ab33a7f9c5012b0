//! The reasons why an exporter could not be built.

use std::io;
use std::path::PathBuf;

/// The reason why an exporter could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A setting has an unusable value.
    #[error("{setting}={value}: expected {expected}")]
    Setting {
        /// The environment variable or the builder's method.
        setting: &'static str,
        /// The value, or a placeholder for a secret.
        value: String,
        /// The values that are accepted.
        expected: String,
    },
    /// A file named by an environment variable could not be read.
    #[error("{setting}={}: cannot read the file: {source}", path.display())]
    File {
        /// The environment variable.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The certificates cannot be used for a TLS connection.
    #[error("cannot set up TLS for {endpoint}: {reason}")]
    Tls {
        /// The endpoint.
        endpoint: String,
        /// The reason.
        reason: String,
    },
    /// The sending thread could not be started.
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
