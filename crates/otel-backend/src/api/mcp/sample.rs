//! Statistics of the newest traces: number, durations, failures.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::Context;
use super::failure::Failure;
use super::tree::{Tree, is_failed, millis, trace_digits};
use crate::model::{Span, TraceId, UnixNanos};
use crate::query::{Patience, Search};

/// The most traces in a sample.
const MAX_TRACES: usize = 2_000;

/// The most spans in a sample.
const MAX_SPANS: usize = 500_000;

/// The traces in a sample.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub(super) traces: usize,
    /// True if there are more traces than the sample holds.
    pub(super) is_part: bool,
}

/// The statistics of a group of spans.
#[derive(Debug, Default)]
pub(super) struct Figures {
    durations: Vec<u64>,
    failed: usize,
    slowest: Option<(u64, TraceId)>,
    last: UnixNanos,
}

/// Calls a function with each trace that a search finds, up to the limits of a sample.
pub(super) fn walk(
    context: &Context,
    search: Search,
    patience: &Patience,
    mut take: impl FnMut(TraceId, &Tree<'_>),
) -> Result<Sample, Failure> {
    let search = Search {
        limit: MAX_TRACES + 1,
        ..search
    };
    let hits = context.query.search(&search, patience)?;
    let mut sample = Sample::default();
    let mut spans = 0;
    for trace in context.query.traces(hits) {
        patience.check()?;
        if sample.traces == MAX_TRACES || spans > MAX_SPANS {
            sample.is_part = true;
            break;
        }
        let trace = trace?;
        let decoded = trace.spans()?;
        spans += decoded.len();
        sample.traces += 1;
        take(trace.id, &Tree::new(&decoded));
    }
    Ok(sample)
}

impl Sample {
    /// A description of the sample.
    pub(super) fn words(&self) -> String {
        match (self.is_part, self.traces) {
            (true, traces) => format!("the newest {traces} traces"),
            (false, 1) => "1 trace".to_owned(),
            (false, traces) => format!("{traces} traces"),
        }
    }
}

impl Figures {
    pub(super) fn add(&mut self, trace: TraceId, span: &Span<'_>) {
        let nanos = u64::try_from(span.duration().as_nanos()).unwrap_or(u64::MAX);
        self.durations.push(nanos);
        self.failed += usize::from(is_failed(span));
        self.slowest = self.slowest.max(Some((nanos, trace)));
        self.last = self.last.max(span.start);
    }

    pub(super) fn count(&self) -> usize {
        self.durations.len()
    }

    /// Formats sorted figures: `3.3% failed, p50 12 ms, p95 300 ms, slowest 3021 ms (trace
    /// 4bf92f35)`.
    pub(super) fn words(&self) -> String {
        let (nanos, trace) = match self.slowest {
            Some((nanos, trace)) => (nanos, Some(trace)),
            None => (0, None),
        };
        let mut trace = trace.map(trace_digits).unwrap_or_default();
        trace.truncate(16);
        format!(
            "{} failed, p50 {} ms, p95 {} ms, slowest {} ms (trace {trace})",
            percent(self.failed, self.count()),
            millis(self.quantile(50)),
            millis(self.quantile(95)),
            millis(Duration::from_nanos(nanos)),
        )
    }

    /// The age of the newest trace.
    pub(super) fn age(&self, now: UnixNanos) -> String {
        ago(now.since(self.last))
    }

    /// A percentile of the durations, which must be sorted.
    fn quantile(&self, percent: usize) -> Duration {
        let rank = (self.durations.len() * percent).div_ceil(100).max(1) - 1;
        Duration::from_nanos(self.durations.get(rank).copied().unwrap_or_default())
    }
}

/// Figures by name, sorted by p95, largest first.
pub(super) fn by_p95<K: Ord>(figures: BTreeMap<K, Figures>) -> Vec<(K, Figures)> {
    let mut sorted: Vec<_> = figures.into_iter().collect();
    for (_, figures) in &mut sorted {
        figures.durations.sort_unstable();
    }
    sorted.sort_by_key(|(_, figures)| Reverse(figures.quantile(95)));
    sorted
}

/// Formats `12 s ago`.
pub(super) fn ago(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s ago"),
        seconds @ 120..7_200 => format!("{} min ago", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of spans are small")]
fn percent(part: usize, whole: usize) -> String {
    let percent = 100.0 * part as f64 / whole.max(1) as f64;
    match part {
        0 => "0%".to_owned(),
        _ => format!("{percent:.1}%"),
    }
}
