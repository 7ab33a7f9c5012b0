//! Times on the command line.

use std::time::Duration;

/// Parses a time in seconds, such as `0.5`.
///
/// # Errors
/// Fails with the expected form, or with the reason why the number is not a time.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "expected seconds, for example 10")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
