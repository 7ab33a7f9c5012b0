//! Settings that several builders share.

use std::time::Duration;

use crate::BuildError;
use crate::env::{self, Env, MAX_MILLISECONDS};

/// The specification's default time limit for an export.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The time limit of an export: from code, else from the environment, else ten seconds. Zero means
/// no limit, represented as 24 days.
///
/// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#timeout>
pub(crate) fn timeout(code: Option<Duration>, env: &Env) -> Result<Duration, BuildError> {
    let timeout = match code {
        Some(timeout) => timeout,
        None => env.millis(env::TIMEOUT)?.unwrap_or(DEFAULT_TIMEOUT),
    };
    Ok(if timeout.is_zero() {
        Duration::from_millis(MAX_MILLISECONDS)
    } else {
        timeout
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_without_limit_in_code_and_in_the_environment() {
        let of = |code, value: &str| timeout(code, &Env::read(|_| Some(value.to_owned()))).unwrap();
        assert_eq!(of(None, ""), DEFAULT_TIMEOUT);
        assert_eq!(of(None, "7"), Duration::from_millis(7));
        assert_eq!(of(None, "0"), Duration::from_millis(MAX_MILLISECONDS));
        let none = of(Some(Duration::ZERO), "7");
        assert_eq!(none, Duration::from_millis(MAX_MILLISECONDS));
    }
}
