//! Settings that more than one builder has.

use std::time::Duration;

use crate::BuildError;
use crate::env::{self, Env};

/// What the specification gives one export.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The timeout of one export: from code, else from the environment, else ten seconds.
pub(crate) fn timeout(code: Option<Duration>, env: &Env) -> Result<Duration, BuildError> {
    let (setting, timeout) = match code {
        Some(timeout) => ("with_timeout", Some(timeout)),
        None => (env::TIMEOUT, env.millis(env::TIMEOUT)?),
    };
    match timeout {
        // Without a limit, a silent backend would hold up the end of the program for ever.
        Some(Duration::ZERO) => Err(BuildError::setting(setting, "0", "more than nothing")),
        timeout => Ok(timeout.unwrap_or(DEFAULT_TIMEOUT)),
    }
}
