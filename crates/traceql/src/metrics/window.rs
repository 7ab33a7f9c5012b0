//! The time window of a metrics query.

use std::ops::RangeInclusive;

/// The most points that a series may have.
const MAX_POINTS: u64 = 10_000;

/// The times that a metrics query covers, in nanoseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    start: u64,
    end: u64,
    /// The length of a step; `None` for a single value over the whole window.
    step: Option<u64>,
}

/// The reason why a window is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// The window ends before it begins.
    #[error("end must be greater than start")]
    Backwards,
    /// The window has too many points.
    #[error("step of {step} is too small, minimum step for given range is {minimum}")]
    TooManyPoints {
        /// The requested step.
        step: String,
        /// The smallest step that is allowed.
        minimum: String,
    },
}

impl Window {
    /// A window with steps. If `step` is `None`, a suitable length is chosen.
    ///
    /// # Errors
    /// [`WindowError`] if the window ends before it begins or has too many points.
    pub fn range(start: u64, end: u64, step: Option<u64>) -> Result<Self, WindowError> {
        let length = length(start, end)?;
        let step = step
            .filter(|step| *step > 0)
            .unwrap_or_else(|| default_step(length));
        let minimum = length.div_ceil(MAX_POINTS);
        if step < minimum {
            return Err(WindowError::TooManyPoints {
                step: duration(step),
                minimum: duration(minimum),
            });
        }
        Ok(Self {
            start,
            end,
            step: Some(step),
        })
    }

    /// A window with one value for all spans that start after `start` and not after `end`.
    ///
    /// # Errors
    /// [`WindowError`] if the window ends before it begins.
    pub fn instant(start: u64, end: u64) -> Result<Self, WindowError> {
        length(start, end)?;
        Ok(Self {
            start,
            end,
            step: None,
        })
    }
}

fn length(start: u64, end: u64) -> Result<u64, WindowError> {
    let length = end.checked_sub(start).filter(|length| *length > 0);
    length.ok_or(WindowError::Backwards)
}

fn duration(nanos: u64) -> String {
    crate::value::format_duration(i64::try_from(nanos).unwrap_or(i64::MAX))
}

/// A step for about 240 points: a whole number of the largest of these units that fits.
fn default_step(length: u64) -> u64 {
    const MILLI: u64 = 1_000_000;
    const SECOND: u64 = 1_000 * MILLI;
    const UNITS: [u64; 6] = [
        3600 * SECOND,
        300 * SECOND,
        60 * SECOND,
        15 * SECOND,
        5 * SECOND,
        SECOND,
    ];
    let step = length / 240;
    if length < 60 * SECOND {
        let unit = 50 * MILLI;
        return (step / unit * unit).max(unit);
    }
    let unit = UNITS
        .into_iter()
        .find(|unit| step > *unit)
        .unwrap_or(SECOND);
    (step / unit * unit).max(SECOND)
}

/// Time intervals of equal length; each includes its end and excludes its beginning.
#[derive(Debug)]
pub(crate) struct Buckets {
    from: u64,
    step: u64,
    pub(crate) count: usize,
    /// The number of buckets in which spans may count.
    pub(crate) reach: usize,
    /// The range of starts of the spans that count.
    starts: (u64, u64),
    pub(crate) is_instant: bool,
}

impl Buckets {
    pub(crate) fn of(window: Window) -> Self {
        let Window { start, end, step } = window;
        let Some(step) = step else {
            return Self {
                from: start,
                step: end - start,
                count: 1,
                reach: 1,
                starts: (start.saturating_add(1), end),
                is_instant: true,
            };
        };
        let from = (start / step * step).saturating_sub(step);
        let to = end.div_ceil(step).saturating_mul(step);
        // If a step is as long as the range, most of what it covers was not asked for.
        let starts = if step >= end - start {
            (start, end)
        } else {
            (from.saturating_add(1), to)
        };
        let count = usize::try_from((to - from) / step).unwrap_or_default();
        Self {
            from,
            step,
            count,
            reach: count,
            starts,
            is_instant: false,
        }
    }

    pub(crate) fn starts(&self) -> RangeInclusive<u64> {
        self.starts.0..=self.starts.1
    }

    /// Says that all spans start between these times.
    pub(crate) fn expect(&mut self, starts: &RangeInclusive<u64>) {
        let first = self.of_start(*starts.start().max(&self.starts.0));
        let last = self.of_start(*starts.end().min(&self.starts.1));
        if let (Some(first), Some(last)) = (first, last) {
            self.reach = (last + 1).saturating_sub(first);
        }
    }

    /// The length of a step, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        std::time::Duration::from_nanos(self.step).as_secs_f64()
    }

    /// The bounds of a bucket: later than the first, up to and including the second.
    pub(crate) fn bounds(&self, bucket: usize) -> (u64, u64) {
        let lower = self
            .from
            .saturating_add(self.step.saturating_mul(bucket as u64));
        (lower, lower.saturating_add(self.step))
    }

    /// The bucket that all spans count in that start between these times; `None` if they may count in
    /// several, or not at all.
    pub(crate) fn of_bounds(&self, (first, last): (u64, u64)) -> Option<usize> {
        let bucket = self.of_start(first)?;
        (self.of_start(last) == Some(bucket)).then_some(bucket)
    }

    /// The bucket that a span with this start counts in; `None` if it does not count.
    pub(crate) fn of_start(&self, start: u64) -> Option<usize> {
        let counts = (self.starts.0..=self.starts.1).contains(&start);
        let behind = start.checked_sub(self.from.saturating_add(1))?;
        let bucket = usize::try_from(behind / self.step).ok()?;
        (counts && bucket < self.count).then_some(bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn steps_lie_at_multiples_and_cover_one_more_before_the_start() {
        let window = Window::range(100 * SECOND, 190 * SECOND, Some(30 * SECOND)).unwrap();
        let buckets = Buckets::of(window);
        assert_eq!(buckets.count, 5);
        assert_eq!(buckets.bounds(0), (60 * SECOND, 90 * SECOND));
        assert_eq!(buckets.of_start(60 * SECOND), None);
        assert_eq!(buckets.of_start(90 * SECOND), Some(0));
        assert_eq!(buckets.of_start(90 * SECOND + 1), Some(1));
        assert_eq!(buckets.of_start(210 * SECOND), Some(4));
        assert_eq!(buckets.of_start(210 * SECOND + 1), None);
    }

    #[test]
    fn spans_of_a_short_time_reach_few_buckets() {
        let window = Window::range(100 * SECOND, 190 * SECOND, Some(30 * SECOND)).unwrap();
        let reach = |starts: RangeInclusive<u64>| {
            let mut buckets = Buckets::of(window);
            buckets.expect(&starts);
            buckets.reach
        };
        assert_eq!(reach(91 * SECOND..=120 * SECOND), 1);
        assert_eq!(reach(91 * SECOND..=121 * SECOND), 2);
        assert_eq!(reach(0..=u64::MAX), 5);
        assert_eq!(reach(0..=SECOND), 5);
    }

    #[test]
    fn steps_as_long_as_the_range_count_only_the_range() {
        let window = Window::range(100 * SECOND, 190 * SECOND, Some(90 * SECOND)).unwrap();
        let buckets = Buckets::of(window);
        assert_eq!(buckets.of_start(99 * SECOND), None);
        assert!(buckets.of_start(100 * SECOND).is_some());
        assert!(buckets.of_start(190 * SECOND).is_some());
        assert_eq!(buckets.of_start(191 * SECOND), None);
    }

    #[test]
    fn a_step_suits_its_range() {
        for (range, step) in [
            (30, 0.1),
            (600, 2.0),
            (3600, 15.0),
            (86_400, 300.0),
            (7 * 86_400, 2400.0),
        ] {
            let found = std::time::Duration::from_nanos(default_step(range * SECOND)).as_secs_f64();
            assert!((found - step).abs() < 1e-9, "{range} s: {found}");
        }
        let error = Window::range(0, 3600 * SECOND, Some(1_000_000))
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "step of 1ms is too small, minimum step for given range is 360ms"
        );
        assert_eq!(Window::instant(5, 5), Err(WindowError::Backwards));
    }
}
