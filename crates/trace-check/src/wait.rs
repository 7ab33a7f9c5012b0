//! Waits until a URL is healthy.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::seconds::seconds;

/// The arguments of `wait`.
#[derive(Debug, clap::Args)]
pub struct WaitArgs {
    /// The URL to ask, for example <http://127.0.0.1:16686/health>.
    pub url: String,
    /// The longest to wait, in seconds.
    #[arg(long, default_value = "30", value_parser = seconds)]
    pub timeout: Duration,
}

/// The pause between requests: too short to be noticed, long enough to cost nothing.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// The URL was not healthy in time.
#[derive(Debug, thiserror::Error)]
#[error("{url} did not answer with 2xx within {timeout:?}: {last}")]
pub struct WaitError {
    url: String,
    timeout: Duration,
    last: ureq::Error,
}

/// Repeats the request until `url` answers with a 2xx status.
///
/// # Errors
/// [`WaitError`] with the last answer, if `timeout` has passed.
pub fn until_healthy(url: &str, timeout: Duration) -> Result<(), WaitError> {
    let deadline = Instant::now() + timeout;
    loop {
        match crate::read::agent().get(url).call() {
            Ok(_) => return Ok(()),
            Err(last) if Instant::now() >= deadline => {
                return Err(WaitError {
                    url: url.to_owned(),
                    timeout,
                    last,
                });
            }
            Err(_) => thread::sleep(PAUSE),
        }
    }
}
