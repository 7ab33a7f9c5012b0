//! Times on the command line.

use std::time::Duration;

/// Reads a time in seconds, `0.5` included.
///
/// # Errors
/// Says what was expected, or why the number is no time.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "expected seconds, for example 10")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
