//! The environment variables that set the builders' defaults.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::time::Duration;

use crate::BuildError;

pub(crate) const PROTOCOL: &str = "OTEL_EXPORTER_JAEGER_PROTOCOL";
pub(crate) const ENDPOINT: &str = "OTEL_EXPORTER_JAEGER_ENDPOINT";
pub(crate) const TIMEOUT: &str = "OTEL_EXPORTER_JAEGER_TIMEOUT";
pub(crate) const USER: &str = "OTEL_EXPORTER_JAEGER_USER";
pub(crate) const PASSWORD: &str = "OTEL_EXPORTER_JAEGER_PASSWORD";
pub(crate) const CERTIFICATE: &str = "OTEL_EXPORTER_JAEGER_CERTIFICATE";
pub(crate) const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_JAEGER_CLIENT_CERTIFICATE";
pub(crate) const CLIENT_KEY: &str = "OTEL_EXPORTER_JAEGER_CLIENT_KEY";
pub(crate) const GRPC_INSECURE: &str = "OTEL_EXPORTER_JAEGER_GRPC_INSECURE";
pub(crate) const AGENT_HOST: &str = "OTEL_EXPORTER_JAEGER_AGENT_HOST";
pub(crate) const AGENT_PORT: &str = "OTEL_EXPORTER_JAEGER_AGENT_PORT";

/// The longest duration that the specification requires to be accepted.
pub(crate) const MAX_MILLISECONDS: u64 = 2_147_483_647;

const NAMES: [&str; 11] = [
    PROTOCOL,
    ENDPOINT,
    TIMEOUT,
    USER,
    PASSWORD,
    CERTIFICATE,
    CLIENT_CERTIFICATE,
    CLIENT_KEY,
    GRPC_INSECURE,
    AGENT_HOST,
    AGENT_PORT,
];

/// The variables that are set, by name.
#[derive(Clone, Default)]
pub(crate) struct Env {
    values: BTreeMap<&'static str, String>,
}

impl Env {
    /// The variables of this process.
    pub(crate) fn process() -> Self {
        // A value that is not UTF-8 is kept, with replacement characters, so that it is refused and
        // not overlooked.
        Self::read(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// The variables that `lookup` returns. An empty value counts as unset, as the specification
    /// requires.
    pub(crate) fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &'static str| {
            let value = lookup(name)?.trim().to_owned();
            (!value.is_empty()).then_some((name, value))
        };
        Self {
            values: NAMES.into_iter().filter_map(set).collect(),
        }
    }

    /// The value of a variable, if it is set.
    pub(crate) fn get(&self, name: &'static str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A whole number of milliseconds.
    pub(crate) fn millis(&self, name: &'static str) -> Result<Option<Duration>, BuildError> {
        self.parse(name, "a whole number of milliseconds", |value| {
            let milliseconds = value.parse().ok();
            let milliseconds = milliseconds.filter(|number| *number <= MAX_MILLISECONDS)?;
            Some(Duration::from_millis(milliseconds))
        })
    }

    /// A port.
    pub(crate) fn port(&self, name: &'static str) -> Result<Option<u16>, BuildError> {
        self.parse(name, "a port from 1 to 65535", |value| {
            value.parse().ok().filter(|port| *port != 0)
        })
    }

    /// `true` or `false`, in upper or lower case.
    pub(crate) fn flag(&self, name: &'static str) -> Result<Option<bool>, BuildError> {
        self.parse(name, "true or false", |value| {
            value.to_ascii_lowercase().parse().ok()
        })
    }

    fn parse<T>(
        &self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, BuildError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match parse(value) {
            Some(parsed) => Ok(Some(parsed)),
            None => Err(BuildError::setting(name, value, expected)),
        }
    }
}

/// Prints names only, since a value may be a password.
impl Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}
