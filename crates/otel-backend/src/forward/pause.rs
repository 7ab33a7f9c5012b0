//! The pauses between attempts.
//!
//! Spec: <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling>

use std::time::{Duration, SystemTime};

use super::via::random;

/// The pauses of a lane: they grow from one failure to the next, and start anew after a success.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pauses {
    next: Duration,
}

const FIRST: Duration = Duration::from_secs(1);

const LONGEST: Duration = Duration::from_secs(30);

/// The longest pause that an endpoint may ask for.
pub(super) const LONGEST_ASKED: Duration = Duration::from_mins(5);

impl Pauses {
    pub(super) fn new() -> Self {
        Self { next: FIRST }
    }

    /// The pause after a failure: the one that the endpoint asked for or, if it did not, one between half
    /// of the next and all of it, so that those who failed together do not come back together.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(LONGEST);
        match asked {
            Some(asked) => asked.clamp(FIRST, LONGEST_ASKED),
            None => whole / 2 + share(whole / 2),
        }
    }
}

/// A random part of a time.
fn share(time: Duration) -> Duration {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random() % (millis + 1))
}

/// The time that a `Retry-After` names: seconds, or a date.
pub(super) fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound_and_vary() {
        let mut pauses = Pauses::new();
        let mut whole = FIRST;
        for _ in 0..8 {
            let pause = pauses.next(None);
            assert!(
                pause >= whole / 2 && pause <= whole,
                "{pause:?} of {whole:?}"
            );
            whole = (whole * 2).min(LONGEST);
        }
        let different: std::collections::HashSet<_> = (0..20).map(|_| pauses.next(None)).collect();
        assert!(different.len() > 1);
    }

    #[test]
    fn an_endpoint_may_ask_for_a_pause_within_bounds() {
        let mut pauses = Pauses::new();
        let seconds = Duration::from_secs;
        assert_eq!(pauses.next(Some(seconds(7))), seconds(7));
        assert_eq!(pauses.next(Some(seconds(0))), FIRST);
        assert_eq!(pauses.next(Some(seconds(100_000))), LONGEST_ASKED);
    }

    #[test]
    fn a_pause_is_given_in_seconds_or_as_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let after = |text| retry_after(text, now);
        assert_eq!(after("120"), Some(Duration::from_mins(2)));
        let date = "Sun, 06 Nov 1994 08:50:37 GMT";
        assert_eq!(after(date), Some(Duration::from_mins(1)));
        let past = "Sun, 06 Nov 1994 08:00:00 GMT";
        assert_eq!(after(past), Some(Duration::ZERO));
        assert_eq!(after("soon"), None);
        assert_eq!(after("-1"), None);
    }
}
