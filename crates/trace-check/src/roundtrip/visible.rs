//! The time until traces are visible.

use std::time::Duration;

use serde::Serialize;

/// The time from the last acknowledgement until a trace is returned whole, over all traces.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Visible {
    /// The median, in milliseconds.
    pub p50_ms: f64,
    /// The 95th percentile, in milliseconds.
    pub p95_ms: f64,
}

impl Visible {
    /// The percentiles of these times; `None` if there are none.
    pub fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let rank = |percent: usize| {
            let index = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(index).map(|time| time.as_secs_f64() * 1e3)
        };
        Some(Self {
            p50_ms: rank(50)?,
            p95_ms: rank(95)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let times = (1..=20).rev().map(Duration::from_millis).collect();
        let visible = Visible::of(times).unwrap();
        assert_eq!((visible.p50_ms, visible.p95_ms), (10.0, 19.0));
        let one = Visible::of(vec![Duration::from_millis(3)]).unwrap();
        assert_eq!((one.p50_ms, one.p95_ms), (3.0, 3.0));
        assert_eq!(Visible::of(Vec::new()), None);
    }
}
